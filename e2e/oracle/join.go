package oracle

import (
	"context"
	"fmt"
	"os"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/credentialprovider"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
)

// JoinOptions says what a node is made of whose containerd runs already.
type JoinOptions struct {
	// Containerd is where it serves its CRI, as Endpoint tells.
	Containerd string
	// Dir is a folder for the kubelet's records of pulls.
	Dir string
	// Keyring are the node's own credentials.
	Keyring credentialprovider.DockerKeyring
	// VerifyAll is the policy AlwaysVerify for images that are there.
	VerifyAll bool
}

// Join makes the kubelet's part of a node, for a process of its own: the kubelet
// keeps its credential providers in a variable. Stop leaves containerd as it is.
func Join(ctx context.Context, o JoinOptions) (*Node, error) {
	n := &Node{logger: klog.FromContext(ctx), own: asIs(), records: o.Dir}
	if o.Keyring != nil {
		n.own.keyring = o.Keyring
	}
	if o.VerifyAll {
		n.own.policy = kubeletconfig.AlwaysVerify
	}
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("join the node: %w", err)
	}
	if err := n.wire(ctx, o.Containerd); err != nil {
		return nil, fmt.Errorf("join the node: %w", err)
	}
	return n, nil
}

// Preload puts an image on the node that the kubelet knows nothing of.
func (n *Node) Preload(ctx context.Context, image, user, password string) error {
	if _, err := n.images.PullImage(ctx, &runtimeapi.ImageSpec{Image: image}, &runtimeapi.AuthConfig{Username: user, Password: password}, nil); err != nil {
		return fmt.Errorf("preload %s: %w", image, err)
	}
	return nil
}
