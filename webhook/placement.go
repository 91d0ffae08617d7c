package webhook

import (
	"context"
	"slices"
	"sync"
	"unique"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/webhook/workload"
)

// NodeLister lists the cluster's nodes.
type NodeLister interface {
	All(context.Context) ([]*Node, error)
}

// placement is the nodes that a Pod can land on, found when first asked for:
// most images need not be held against them.
type placement struct{ nodes func() []*Node }

func newPlacement(ctx context.Context, lister NodeLister, spec workload.PodSpec) placement {
	return placement{nodes: sync.OnceValue(func() []*Node {
		all, err := lister.All(ctx)
		if err != nil {
			log.FromContext(ctx).Error(err, "list the nodes")
			return nil
		}
		return candidates(spec, all)
	})}
}

// candidates are the nodes that a Pod's nodeName, nodeSelector and required
// node affinity allow. Taints come and go, and are not looked at.
func candidates(spec workload.PodSpec, nodes []*Node) []*Node {
	required := nodeaffinity.GetRequiredNodeAffinity(&corev1.Pod{Spec: corev1.PodSpec{
		NodeSelector: spec.NodeSelector,
		Affinity: &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: spec.Affinity.NodeAffinity.Required,
		}},
	}})
	var allowed []*Node
	for _, n := range nodes {
		if spec.NodeName != "" && spec.NodeName != n.Name {
			continue
		}
		if ok, err := required.Match(&n.Node); err == nil && ok {
			allowed = append(allowed, n)
		}
	}
	return allowed
}

// Platforms are those of the nodes, each once; of none, if one node has not
// said what it is yet.
func (p placement) Platforms() []ocispec.Platform {
	var list []ocispec.Platform
	for _, n := range p.nodes() {
		info := &n.Status.NodeInfo
		platform := ocispec.Platform{OS: info.OperatingSystem, Architecture: info.Architecture, OSVersion: info.KernelVersion}
		if platform.OS == "" || platform.Architecture == "" {
			return nil
		}
		if !slices.ContainsFunc(list, func(known ocispec.Platform) bool {
			return known.OS == platform.OS && known.Architecture == platform.Architecture && known.OSVersion == platform.OSVersion
		}) {
			list = append(list, platform)
		}
	}
	return list
}

// List reports whether one of the nodes lists an image.
func (p placement) List(ref reference.Reference) bool {
	var names []unique.Handle[string]
	for _, name := range ref.NodeNames() {
		names = append(names, unique.Make(name))
	}
	return slices.ContainsFunc(p.nodes(), func(n *Node) bool {
		return slices.ContainsFunc(names, func(name unique.Handle[string]) bool { return slices.Contains(n.images, name) })
	})
}
