package conformance

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/proof"
	"github.com/pullgate/pullgate/resolver/provider"
)

// job is one configuration, and what is asked under it. The types of
// e2e/conformance/providers have the same fields.
type job struct {
	// Config, BinDir, NodeConfig and TokenDir are the flags of almost these names.
	Config, BinDir, NodeConfig, TokenDir string
	// CertsD is registries.configDir. The next ones are fields of the configuration,
	// the defaults if they are empty; PullThrough is nil if nothing is known.
	CertsD          string
	Tokens          provider.TokenMode
	Identity        proof.Identity
	PullThrough     []string
	NodeCredentials []string
	Limit           time.Duration
	Accounts        []account
	// Bubble has time pass only when all wait for it.
	Bubble bool
	Steps  []step
}

// account is a ServiceAccount.
type account struct {
	Namespace, Name, UID string
	Annotations          map[string]string
	// Token is what its tokens are. NoToken is why there is none: "forbidden", or what
	// a policy says.
	Token, NoToken string
}

// step is a Pod, or several at once.
type step struct {
	After    time.Duration
	Accounts []account
	Write    map[string]string
	Remove   []string

	// Images are repositories for a look at the credentials, and references for a
	// check.
	Images             []string
	Namespace, Account string
	Template           bool
	Secrets            []secret
	Check              bool
	Policy             corev1.PullPolicy
	Present            bool
	Deadline           time.Duration
	// Runs is how many runs of plugins are to be waited for.
	Runs int
}

type secret struct{ Name, Data string }

// result is what came of a job.
type result struct {
	Refused    string
	Registered []string
	Warnings   []string
	Steps      []came
}

// came is what came of a step.
type came struct {
	// Credentials are those of each image.
	Credentials [][]credential
	Fails       []string
	Withheld    []string
	Verdicts    []verdict
	// Early is how many runs had ended by the time of the verdicts; Runs are all.
	Early int
	Runs  []string
}

type credential struct{ Username, Password string }

type verdict struct {
	Class   resolver.Class
	Reason  resolver.Reason
	Message string
}
