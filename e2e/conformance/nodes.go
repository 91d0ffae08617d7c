package conformance

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
)

// poolLabel is what Pods select their nodes by.
const poolLabel = "conformance.pullgate.dev/pool"

// makeNodes makes the objects of the nodes that Pods can land on. None of them
// runs anything: what a node does is for the oracle to say.
func (b *Bench) makeNodes(ctx context.Context) error {
	for _, n := range []struct {
		name, os, arch, kernel string
		pool                   Pool
	}{
		{listingNode, "linux", "amd64", "6.12.0", AMD64},
		{"mixed-amd64", "linux", "amd64", "6.12.0", Mixed},
		{"mixed-arm64", "linux", "arm64", "6.12.0", Mixed},
		{"windows-2019", "windows", "amd64", "10.0.17763.7558", Windows2019},
		{"windows-2022", "windows", "amd64", "10.0.20348.4052", Windows2022},
		{"windows-2025", "windows", "amd64", "10.0.26100.6584", Windows2025},
		{"arm", "linux", "arm", "6.12.0", ARM},
	} {
		node, err := b.client.CoreV1().Nodes().Create(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{
			Name: n.name,
			Labels: map[string]string{
				corev1.LabelOSStable: n.os, corev1.LabelArchStable: n.arch, corev1.LabelHostname: n.name,
				poolLabel: string(n.pool),
			},
		}}, metav1.CreateOptions{})
		if err != nil {
			return fmt.Errorf("make node %s: %w", n.name, err)
		}
		node.Status.NodeInfo = corev1.NodeSystemInfo{OperatingSystem: n.os, Architecture: n.arch, KernelVersion: n.kernel}
		node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
		if _, err := b.client.CoreV1().Nodes().UpdateStatus(ctx, node, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("make node %s: %w", n.name, err)
		}
	}
	return nil
}

// listingNode is the one whose status lists images.
const listingNode = "amd64-1"

// list puts an image into the status of a node, as the kubelet does: its names
// by digest and by tag. It returns when pullgate has heard of it, which it tells by
// another image that comes with it.
func (b *Bench) list(ctx context.Context, names ...string) error {
	marker := fmt.Sprintf("noticed.example.com/image:%d", b.listed.Add(1))
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		node, err := b.client.CoreV1().Nodes().Get(ctx, listingNode, metav1.GetOptions{})
		if err != nil {
			return err
		}
		node.Status.Images = append(node.Status.Images,
			corev1.ContainerImage{Names: names, SizeBytes: 1 << 20}, corev1.ContainerImage{Names: []string{marker}, SizeBytes: 1 << 20})
		_, err = b.client.CoreV1().Nodes().UpdateStatus(ctx, node, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		return fmt.Errorf("list an image: %w", err)
	}
	for {
		heard, err := b.hasHeard(ctx, marker)
		if heard || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("pullgate does not hear of the image on the node: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// hasHeard tells whether pullgate knows of a node that has an image. With the policy
// Never no registry is asked, and who creates the Pod is warned if no node is known.
func (b *Bench) hasHeard(ctx context.Context, image string) (bool, error) {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "heard-"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: image, ImagePullPolicy: corev1.PullNever}}},
	}
	a, _, err := answer(ctx, func(ctx context.Context) error {
		_, err := b.client.CoreV1().Pods(b.probe).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	})
	return a == Allow, err
}
