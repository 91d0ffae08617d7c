package conformance

import (
	"context"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/oracle"
)

// askNodes has both nodes pull the image for the Pod.
func (st *stage) askNodes(ctx context.Context, o *Outcome) error {
	if st.try.Node == NoPull || st.try.Node == Reported {
		o.Node, o.Local = st.try.Node, st.try.Node
		return nil
	}
	if others, ok := elsewhere()[st.pool()]; ok {
		var err error
		o.Node, err = matched(st.try.Behaviour.Content, others)
		o.Local, o.NodeMessage = o.Node, "as containerd's own matcher says"
		return err
	}
	request, err := st.request(ctx)
	if err != nil {
		return err
	}
	node, local := st.pull(ctx, request)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("the nodes did not come to an end: %w: %s; %s", err, node.Message, local.Message)
	}
	o.Node, o.NodeMessage = nodeOutcome(node), node.Message
	o.Local, o.LocalMessage = nodeOutcome(local), local.Message
	return nil
}

// pull has both nodes pull, at once: the registry tells them apart.
func (b *Bench) pull(ctx context.Context, request oracle.Request) (node, local oracle.Result) {
	var wg sync.WaitGroup
	wg.Go(func() { local = b.local.Pull(ctx, request) })
	node = b.node.Pull(ctx, request)
	wg.Wait()
	return node, local
}

// nodeOutcome takes every reason that the kubelet has no word for as the raw
// text of an error in a Secret, which is the only one there is.
func nodeOutcome(r oracle.Result) NodeOutcome {
	known := []NodeOutcome{ErrPull, InvalidName, NeverPull, "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed", "ImagePullBackOff"}
	switch o := NodeOutcome(r.Reason); {
	case r.Pulled:
		return Pulled
	case slices.Contains(known, o):
		return o
	default:
		return SecretError
	}
}

// request is what the kubelet would have: the Pod as the API server stores it,
// with the ServiceAccount's pull Secrets merged and the policy defaulted, and
// those of its Secrets that exist.
func (st *stage) request(ctx context.Context) (oracle.Request, error) {
	shape := st.try.As
	switch shape {
	case InitContainer, Sidecar, Volume:
	default:
		// What an UPDATE or a controller brings about is a container like any.
		shape = Container
	}
	p, err := st.client.CoreV1().Pods(st.shadow).Create(ctx, st.pod(shape, st.image), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil {
		return oracle.Request{}, fmt.Errorf("make the Pod as the kubelet would get it: %w", err)
	}
	r := oracle.Request{Namespace: st.namespace, ImageVolume: shape == Volume}
	r.Image, r.PullPolicy = placed(p, shape)
	for _, ref := range p.Spec.ImagePullSecrets {
		if s, ok := st.objects[ref.Name]; ok {
			r.Secrets = append(r.Secrets, s)
		}
	}
	return r, nil
}

// placed is the image in question, and its policy.
func placed(p *corev1.Pod, shape Shape) (image string, policy corev1.PullPolicy) {
	switch shape {
	case InitContainer, Sidecar:
		return p.Spec.InitContainers[0].Image, p.Spec.InitContainers[0].ImagePullPolicy
	case Volume:
		for _, v := range p.Spec.Volumes {
			if v.Image != nil {
				return v.Image.Reference, v.Image.PullPolicy
			}
		}
		return "", ""
	default:
		return p.Spec.Containers[0].Image, p.Spec.Containers[0].ImagePullPolicy
	}
}
