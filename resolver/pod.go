package resolver

import (
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/provider"
	"github.com/pullgate/pullgate/resolver/reference"
)

// Pod is what a verdict depends on besides the image.
type Pod struct {
	// Credentials are those of the Pod's pull Secrets.
	Credentials *Credentials
	// Account is the Pod's ServiceAccount, for credential providers that take its
	// token.
	Account provider.Account
	// Nodes is what is known of the nodes that the Pod can land on, nil if
	// nothing is.
	Nodes Nodes
	// RuntimeClass is the name of the one that the Pod names, "" if it names none.
	RuntimeClass string
}

// Nodes is what is known of the nodes that a Pod can land on.
type Nodes interface {
	// Platforms are those of the nodes, each once; none if not known. The variant is
	// that of the node's kubelet, which says none, and the OS version is known of
	// Windows only.
	Platforms() []ocispec.Platform
	// List reports whether a node is known to have an image. That none is
	// proves nothing: nodes list only some of their images.
	List(ref reference.Reference) bool
}

// listed reports whether a node is known to have an image.
func (p Pod) listed(ref reference.Reference) bool { return p.Nodes != nil && p.Nodes.List(ref) }

func (p Pod) platforms() []ocispec.Platform {
	if p.Nodes == nil {
		return nil
	}
	return p.Nodes.Platforms()
}
