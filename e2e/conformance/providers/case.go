package providers

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/e2e/cloud"
	"github.com/pullgate/pullgate/e2e/fakeprovider"
	"github.com/pullgate/pullgate/e2e/scripted"
)

// Case is a row of the table.
type Case struct {
	ID string
	// Setup, Kubelet and Pullgate say in words what the tries show.
	Setup, Kubelet, Pullgate string
	// Differs says why pullgate does something else, where it does so on purpose. In
	// any other row the two sides come to the same.
	Differs string
	// NoKubelet says why nothing is asked of the kubelet.
	NoKubelet string
	// Note says what was not measured as it stands.
	Note  string
	Tries []Try
}

// Try is one configuration, held against both sides.
type Try struct {
	// Name tells the tries of a case apart.
	Name string

	// Providers make the configuration, in this order. Or else Files are it: a file,
	// or a folder with more of them. A name that ends in "/" is a folder's, and a
	// content that begins with "->" a link's.
	Providers []Provider
	Files     map[string]string
	// APIVersion is that of all providers, v1 if empty.
	APIVersion string
	// Programs are what else is in the folder of the plugins.
	Programs map[string]Program
	// NodeFile is the node's config.json, in the shape of a pull Secret.
	NodeFile *Secret
	// Accounts are the ServiceAccounts that there are.
	Accounts []Account

	// OwnTokens are those of pullgate's own ServiceAccount, by their audience.
	OwnTokens []string
	// Tokens, Identity, PullThrough and NodeCredentials are pullgate's configuration:
	// tokens of Pods, its own identity, nothing known, and no other registries if empty.
	Tokens          Tokens
	Identity        Identity
	PullThrough     []string
	NodeCredentials []string
	// Limit is how long pullgate lets a plugin run.
	Limit time.Duration

	// Host is the try's registry, "{host}" in images, patterns and keys; one of no
	// cloud if empty. Registry is how its repositories behave.
	Host     Host
	Registry map[string]scripted.Behaviour
	// Roles are what the two identities may do, where the registry is a cloud's: the
	// password of each is "{password}" in what its plugins answer. States are how the
	// cloud's services answer pullgate.
	Roles  *Roles
	States map[cloud.Endpoint]cloud.State

	// Hidden are repositories of a pull-through cache at the cloud: they are not there
	// until somebody pulls who may import. When pullgate asks, they are hidden again.
	Hidden []string

	// Load is what becomes of the configuration, where that is all.
	Load *Load
	// Steps are Pods, one after another.
	Steps []Step
	// Warnings are parts of what pullgate warns about as it starts.
	Warnings []string
	// Slow tells that the kubelet takes more than a minute.
	Slow bool
	// NoKubelet leaves the kubelet out, where the case says why.
	NoKubelet bool
	// VerifyAll is the kubelet's policy for images that are there already.
	VerifyAll bool
}

// Provider is a credential provider.
type Provider struct {
	fakeprovider.Provider
	// Script is what its plugin does, and Ours what it does for pullgate, if that is
	// something else: there it has another identity.
	Script fakeprovider.Script
	Ours   *fakeprovider.Script
	// Mode makes it AWS's real plugin, which has an identity in this way; OurMode is
	// pullgate's, if it is another.
	Mode, OurMode cloud.Mode
}

// Host is a kind of registry.
type Host string

// The hosts, with {id} for the try and {number} for an account of its own.
const (
	Example Host = "{id}.example.com"
	ECR     Host = "{number}.dkr.ecr.eu-west-1.amazonaws.com"
	ECRPort Host = "{number}.dkr.ecr.eu-west-1.amazonaws.com:443"
	GAR     Host = "{id}-docker.pkg.dev"
	ACR     Host = "{id}.azurecr.io"
)

// Tokens is pullgate's credentialProviders.tokens.
type Tokens string

// Identity is pullgate's credentialProviders.identity.
type Identity string

// Their values.
const (
	NoTokens  Tokens   = "none"
	OwnTokens Tokens   = "own"
	PodTokens Tokens   = "pod"
	Own       Identity = "own"
	AsNode    Identity = "node"
)

// Roles are what the identities may do at the cloud. Pull says so of the host's
// repositories, as "team/".
type Roles struct{ Node, Ours cloud.Role }

// Program is something in the folder of the plugins.
type Program string

// The programs.
const (
	NotExecutable Program = "a file that nobody may execute"
	Folder        Program = "a folder"
	Good          Program = "a plugin"
)

// Account is a ServiceAccount.
type Account struct {
	Namespace, Name, UID string
	Annotations          map[string]string
	// NoToken is why the API server gives no token of it.
	NoToken string
}

// Secret is a pull Secret, or a config.json.
type Secret struct {
	// Key, User and Password are its one entry; or else Raw is what is in it.
	Key, User, Password string
	Raw                 string
}

// Load is what becomes of a configuration.
type Load struct {
	// Refused is a part of why the kubelet does not start, "" if it does; Registered are
	// then its providers.
	Refused    string
	Registered string
	// OurError are parts of why pullgate does not start, none if it does, and Warnings
	// parts of what it warns about then.
	OurError, Warnings []string
}

// Step is a Pod, or several at once.
type Step struct {
	// After is how much later it is.
	After time.Duration
	// Scripts are what plugins do from now on, by provider; Remove takes plugins away.
	Scripts map[string]fakeprovider.Script
	Remove  []string
	// Accounts take the place of those that there were, if there are any.
	Accounts []Account

	// Images are what is asked for, all at the same time, Times times each.
	Images []string
	Times  int
	// Namespace, Pod and Account are the Pod's: a static Pod if there is no Account.
	// Template tells that it is a workload's template.
	Namespace, Pod, Account string
	Template                bool
	Secrets                 []Secret

	// Get are the credentials that both sides come to, as "user:password" in their
	// order, and Runs the providers whose plugins both run for it.
	Get, Runs string
	// Ours are those that pullgate does, where that is something else on purpose.
	Ours *Ours
	// Fails and Withheld are the providers that pullgate had no answer of, as
	// "name: a part of why".
	Fails, Withheld []string
	// Saw is what the plugins found in their environment, by name; "" for nothing.
	Saw map[string]string

	// Pull is the policy by which the image is pulled by the kubelet, and checked by
	// pullgate, instead of a look at the credentials.
	Pull corev1.PullPolicy
	// Preload puts the image on the node without the kubelet. NodeOnly is what pullgate
	// has no part in.
	Preload, NodeOnly bool
	// Node is what the kubelet comes to: Pulled, or a reason of its own.
	Node NodeOutcome
	// Reason and Says are pullgate's verdict: the reason, and parts of the message.
	Reason string
	Says   []string
	// Tried are the users of the attempts at the registry, by both sides, where it asks
	// for user and password.
	Tried string
	// Present tells that a node lists the image.
	Present bool
	// Deadline is the request's; a minute if zero.
	Deadline time.Duration
	// Early tells that the verdict is there before any plugin has answered.
	Early bool
	// NodeAsked and Asked are how many requests HEAD for manifests each side makes in
	// all, if that is the matter: they are what finds a tag.
	NodeAsked, Asked int
}

// Ours is what pullgate does otherwise.
type Ours struct{ Get, Runs, Tried string }

// NodeOutcome is what a node does: one of these.
type NodeOutcome string

// The outcomes.
const (
	Pulled      NodeOutcome = "pulled"
	ErrPull     NodeOutcome = "ErrImagePull"
	NeverPull   NodeOutcome = "ErrImageNeverPull"
	SecretError NodeOutcome = "error in a Secret"
)
