package conformance

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/e2e/scripted"
)

// Case is a row of the table. A row that speaks of several things has
// several tries.
type Case struct {
	ID string
	// Setup is the row's own text.
	Setup string
	// Note says what of the row was not measured as it stands.
	Note  string
	Tries []Try
}

// Try is one Pod, or one change of a Pod, held against both sides.
type Try struct {
	// Name tells the tries of a case apart.
	Name string

	// Image is the reference, "{host}/app:v1" if empty. {host} is a registry of
	// the try's own, {digest} the digest of what Repo holds.
	Image string
	// Repo is the repository with its host as the registry knows it,
	// "{host}/app" if empty.
	Repo string
	// Behaviour is Repo's, Mirror that of the mirror, where Map has one.
	Behaviour scripted.Behaviour
	Mirror    scripted.Behaviour
	// Map says where the registry's host leads.
	Map Mapping

	// Secrets exist, and the Pod names them in this order; Missing it names too.
	Secrets []Secret
	Missing []string
	// Account are the pull Secrets of the ServiceAccount.
	Account []Secret
	Policy  corev1.PullPolicy
	As      Shape
	// Pool is the nodes that the Pod selects, AMD64 if empty.
	Pool Pool

	// Earlier is a pull of the image by the nodes, before anything else.
	Earlier *Earlier
	// Other is an image beside it that the nodes have pulled before.
	Other *scripted.Behaviour
	// Listed says that a node of the pool lists the image, by Names where the
	// node's runtime names images in a way of its own.
	Listed bool
	Names  []string
	// Config is what pullgate is configured with.
	Config Config

	// Node is what the document says that a node does, and Local what a node
	// does that pulls by local pull, where that is something else.
	Node  NodeOutcome
	Local NodeOutcome
	// First are the answers that are allowed when pullgate is asked for the
	// first time. Where there are none it is asked once; else again and again,
	// for a while, until its answer is one of Want.
	First []Answer
	// Want are the answers that the document allows.
	Want []Answer
	// Gap says that a node would fail for a reason that pullgate is told not to
	// look at.
	Gap bool
}

// local is what a node does that pulls by local pull.
func (t Try) local() NodeOutcome { return cmp.Or(t.Local, t.Node) }

// Earlier is how it was when the nodes pulled the image: from a well-behaved
// registry, or a private one where there are Secrets.
type Earlier struct {
	Behaviour scripted.Behaviour
	Secrets   []Secret
	// Content is what the tag stood for, if that was something else.
	Content *scripted.Content
}

// Answer is pullgate's.
type Answer string

// The answers. ALLOW is without a word, and "ALLOW + warning" the same as WARN
// to whoever creates the Pod.
const (
	Allow Answer = "ALLOW"
	Warn  Answer = "WARN"
	Deny  Answer = "DENY"
)

// NodeOutcome is what a node does: one of these, or a reason of the kubelet's.
type NodeOutcome string

// The outcomes.
const (
	Pulled      NodeOutcome = "pulled"
	ErrPull     NodeOutcome = "ErrImagePull"
	InvalidName NodeOutcome = "InvalidImageName"
	NeverPull   NodeOutcome = "ErrImageNeverPull"
	// SecretError is the raw text of an error in a pull Secret.
	SecretError NodeOutcome = "error in a Secret"
	// NoPull is no pull at all: nothing is asked of the node, and that is from
	// reading the source.
	NoPull NodeOutcome = "no pull"
	// Reported is a pull by a node that there is none of here, from reports.
	Reported NodeOutcome = "pulled, as is reported"
	// SomePull is what only some of the nodes pull that it could be.
	SomePull NodeOutcome = "pulled by some"
)

// Shape is where the image is, and what is done to the Pod.
type Shape string

// The shapes; the zero value is a container of a new Pod.
const (
	Container      Shape = ""
	InitContainer  Shape = "init container"
	Sidecar        Shape = "sidecar"
	Ephemeral      Shape = "ephemeral container"
	Volume         Shape = "image volume"
	NewImage       Shape = "UPDATE of the image"
	NewLabels      Shape = "UPDATE of labels"
	NoFinalizers   Shape = "UPDATE of finalizers"
	Resize         Shape = "pods/resize"
	DeletedPod     Shape = "UPDATE of a Pod that is being deleted"
	MirrorPod      Shape = "mirror Pod"
	DeploymentKind Shape = "Deployment"
)

// Config is a configuration of pullgate.
type Config string

// The configurations.
const (
	Plain Config = ""
	// NodeCredentials and Mirrored name the try's host in that list.
	NodeCredentials Config = "nodeCredentials"
	Mirrored        Config = "mirrored"
	// NoSecrets takes the right to read Secrets away.
	NoSecrets Config = "no right to read Secrets"
	// Background leaves registries.content as it is out of the box: what a
	// plain manifest is made of is looked at after the first answer, and for
	// Docker Hub not at all. Under all other configurations it is looked at first.
	Background Config = "content in the background"
)

// Pool is a group of nodes.
type Pool string

// The pools: nodes for linux/amd64, one of each of two platforms, and such as
// cannot be had here: for those the outcome is what containerd's own matcher
// says (matcher.go).
const (
	AMD64       Pool = "amd64"
	Mixed       Pool = "mixed"
	Windows2019 Pool = "windows-2019"
	Windows2022 Pool = "windows-2022"
	Windows2025 Pool = "windows-2025"
	ARM         Pool = "arm"
)
