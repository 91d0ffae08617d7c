package proof

// Identity says whose rights the credential providers have where pullgate runs them.
type Identity string

// The identities.
const (
	// Own: those of pullgate's Pod. Nodes may have more.
	Own Identity = "own"
	// Node: those of the nodes. What is refused here is refused to nodes.
	Node Identity = "node"
)

// Identities lists the identities.
func Identities() []Identity { return []Identity{Own, Node} }

// Rules is what an administrator has said of nodes.
type Rules struct {
	// NodeCredentials and Mirrored are patterns of repositories for which nodes have
	// credentials, or mirrors, of their own.
	NodeCredentials, Mirrored []string
	// PullThrough are patterns of repositories that a first pull may create. nil if
	// nobody has said which are.
	PullThrough []string
	// Identity is that of credential providers.
	Identity Identity
}

// Asked is who asked a registry for an image.
type Asked struct {
	Repository string
	// Covered tells that nodes run credential providers for it.
	Covered bool
	// AsNode tells that all of these have answered, with a credential that was tried.
	AsNode bool
}

// Refusal is what the registry answered.
type Refusal struct {
	// Absent tells that the image, or its repository, is not there; otherwise the
	// credentials were refused.
	Absent bool
	// Listed tells that the registry says so in its error list.
	Listed bool
	// Authenticated tells that it was asked with a user name and password.
	Authenticated bool
	// Served tells that it is none: the registry has served what no node can use,
	// whoever asks for it.
	Served bool
}

// Standing is what a refusal proves.
type Standing int

const (
	// Definite is that nodes are refused as well.
	Definite Standing = iota
	// Mirror is that nodes pull through a mirror.
	Mirror
	// Credentials is that nodes have credentials of their own.
	Credentials
	// Import is that nodes have credentials of their own, and their pull may create the image.
	Import
)

// Proves decides what a refusal proves of nodes (P30, P39, P41, P44, P45, P70).
func (r Rules) Proves(a Asked, refusal Refusal) Standing {
	absent := Unknown
	if refusal.Absent && refusal.Listed {
		absent = absence(a.Repository)
	}
	if matchesAny(r.Mirrored, a.Repository) {
		return Mirror
	}
	switch {
	case refusal.Served, !a.Covered && !matchesAny(r.NodeCredentials, a.Repository):
		return Definite
	case a.AsNode && r.Identity == Node:
		return Definite
	case absent == Certain:
		return Definite
	case absent == UnlessPulledThrough && !refusal.Authenticated:
		return Credentials // it refuses all who do not say who they are; this is something else
	case absent == UnlessPulledThrough && r.PullThrough == nil, absent == UnlessPulledThrough && matchesAny(r.PullThrough, a.Repository):
		return Import
	case absent == UnlessPulledThrough:
		return Definite
	default:
		return Credentials
	}
}
