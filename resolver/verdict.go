package resolver

// Reason is why a verdict is what it is: one stable word, the same in
// messages, metrics, annotations and JSON.
type Reason string

// The image can be pulled, or need not be.
const (
	// Pullable: some credential attempt resolved.
	Pullable Reason = "Pullable"
	// NotPulled: the pull policy is Never, no registry was asked (C51).
	NotPulled Reason = "NotPulled"
	// PresentOnNode: the registry would refuse it, but a node has it (C52).
	PresentOnNode Reason = "PresentOnNode"
)

// The image cannot be pulled, for a reason fixed by the Pod, its Secrets and
// the registry's content.
const (
	InvalidImageName   Reason = "InvalidImageName"
	ImageNotFound      Reason = "ImageNotFound"
	RepositoryNotFound Reason = "RepositoryNotFound"
	Unauthorized       Reason = "Unauthorized"
	InvalidPullSecret  Reason = "InvalidPullSecret"
	// PlatformMismatch: an index without an image for the platform of any node
	// that the Pod can land on (C76, C78).
	PlatformMismatch Reason = "PlatformMismatch"
	// UnsupportedManifest: what the registry serves under the reference is
	// nothing that a node can use: another media type, schema 1, too large, a
	// loop of redirects, or a HEAD request refused (C58, C60, C70, C81, C82).
	UnsupportedManifest Reason = "UnsupportedManifest"
	// ImageIncomplete: the registry has the image's name, and no longer all of its
	// index, manifests and config, or another content than was announced (C83, C84,
	// C86, B02, B07, B08).
	ImageIncomplete Reason = "ImageIncomplete"
)

// What a node would see is not known from here, or is passing.
const (
	RateLimited Reason = "RateLimited"
	// RegistryUnavailable: it answers, with an error of its own or nonsense.
	RegistryUnavailable Reason = "RegistryUnavailable"
	// Unreachable: no connection, or no such host.
	Unreachable Reason = "Unreachable"
	// Untrusted: its TLS certificate is not trusted, or it speaks no TLS.
	Untrusted        Reason = "Untrusted"
	Timeout          Reason = "Timeout"
	SecretUnreadable Reason = "SecretUnreadable"
	// NodeLocal: the registry is the node's own loopback (C39, C73).
	NodeLocal Reason = "NodeLocal"
	// NodeManaged: it cannot be pulled from here, but the administrator has
	// said that nodes have means of their own: in the configuration, in certs.d,
	// or by a RuntimeClass.
	NodeManaged Reason = "NodeManaged"
	// CredentialProviderFailed: a credential provider has not answered here, and may
	// answer on nodes.
	CredentialProviderFailed Reason = "CredentialProviderFailed"
	// Blocked: the registry's address is not dialled for a Pod's sake.
	Blocked Reason = "Blocked"
	// Overloaded: more was to be looked up than can be at once.
	Overloaded Reason = "Overloaded"
	// LayerUnavailable: the registry does not serve a layer. A node that has the
	// layer, from any image, does not ask for it (C83).
	LayerUnavailable Reason = "LayerUnavailable"
	// InternalError: a defect of pullgate's own.
	InternalError Reason = "InternalError"
)

// Class is what may be done about a Reason.
type Class string

// The classes: Definite means that the pull will fail; Unverified that nobody
// here knows.
const (
	ClassPullable   Class = "pullable"
	ClassDefinite   Class = "definite"
	ClassUnverified Class = "unverified"
)

// Class returns the class that a Reason has unless the configuration moves it.
// A Reason that it does not know is unverified: only what is surely definite may
// ever deny a Pod.
func (r Reason) Class() Class {
	switch r {
	case Pullable, NotPulled, PresentOnNode:
		return ClassPullable
	case InvalidImageName, ImageNotFound, RepositoryNotFound, Unauthorized, InvalidPullSecret, PlatformMismatch, UnsupportedManifest, ImageIncomplete:
		return ClassDefinite
	default:
		return ClassUnverified
	}
}

// Reasons lists all Reasons of a class, as Class has them.
func Reasons(of Class) (list []Reason) {
	for _, r := range []Reason{
		Pullable, NotPulled, PresentOnNode,
		InvalidImageName, ImageNotFound, RepositoryNotFound, Unauthorized, InvalidPullSecret, PlatformMismatch, UnsupportedManifest, ImageIncomplete,
		RateLimited, RegistryUnavailable, Unreachable, Untrusted, Timeout, SecretUnreadable, NodeLocal, NodeManaged, CredentialProviderFailed, Blocked, Overloaded, LayerUnavailable, InternalError,
	} {
		if r.Class() == of {
			list = append(list, r)
		}
	}
	return list
}

// Verdict is the answer for one image.
type Verdict struct {
	// Image is the reference as it was written.
	Image  string
	Reason Reason
	// Class is the Reason's, as the configuration has it.
	Class Class
	// Message is the cause and the cure in one line for the user, without the
	// image's name; empty where there is nothing to say. On a pullable image it
	// is a note worth a warning.
	Message string
	// Digest is what the reference resolved to, empty unless Pullable.
	Digest string
	// Detail is for the log: the error behind the Reason, without credentials.
	Detail string
	// Cached tells that it rests on a ServiceAccount that was not just read.
	Cached bool
}
