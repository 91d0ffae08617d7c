package resolver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/content"
	"github.com/pullgate/pullgate/resolver/words"
)

// nodesOf are what a node of a platform may be to containerd: one, but for 32-bit
// ARM, of which a kubelet does not say the variant.
func (r *Resolver) nodesOf(platform ocispec.Platform) []content.Node {
	key := content.KeyOf(platform)
	if known, ok := r.platforms.Load(key); ok {
		return known.([]content.Node)
	}
	var nodes []content.Node
	for _, v := range variantsOf(platform) {
		// With containerd's defaults a node takes its own architecture and nothing
		// below (C78, C79), which on ARMv8 leaves out what 32-bit images are made for.
		// On Windows the build counts as well (B09).
		nodes = append(nodes, content.Node{Key: content.KeyOf(v), Strict: platforms.OnlyStrict(v), Lenient: platforms.Only(v)})
	}
	r.platforms.Store(key, nodes) // as many as a cluster has kinds of nodes
	return nodes
}

// variantsOf are what a node may be. Of a 32-bit ARM one its kubelet says no more
// than that; its containerd knows the variant. Kubernetes does not run on older
// ones.
func variantsOf(node ocispec.Platform) []ocispec.Platform {
	if node.Architecture != "arm" || node.Variant != "" {
		return []ocispec.Platform{node}
	}
	list := []ocispec.Platform{node, node, node}
	list[0].Variant, list[1].Variant, list[2].Variant = "v6", "v7", "v8"
	return list
}

func platformWords(list []ocispec.Platform) string {
	var names []string
	for _, p := range list {
		if name := platforms.FormatAll(p); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return words.Printable(words.Cut(strings.Join(names, ", "), maxQuoted))
}

// ofRuntime takes the certainty from what the nodes' platforms say, where a Pod
// names a RuntimeClass: its handler may run something else, such as wasi/wasm, or
// another build of Windows under Hyper-V, and some runtimes pull for the handler.
// Only the nodes' configuration tells which platform that is. The RuntimeClass has
// no more than the handler's name, and a handler may have any.
func ofRuntime(v Verdict, pod Pod) Verdict {
	if v.Reason == PlatformMismatch && pod.RuntimeClass != "" {
		v.Reason = NodeManaged
		v.Message = also(v.Message, fmt.Sprintf("RuntimeClass %s may be for another, which only its nodes know", words.Quote(pod.RuntimeClass, maxQuoted)))
	}
	return v
}
