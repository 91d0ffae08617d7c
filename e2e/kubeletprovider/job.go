package kubeletprovider

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Job is one configuration, and what is done under it.
type Job struct {
	// Config and BinDir are the kubelet's flags of almost these names.
	Config string `json:"config"`
	BinDir string `json:"binDir"`
	// Home is a folder with the node's own config.json; "" if it has none.
	Home string `json:"home,omitempty"`
	// Accounts are the ServiceAccounts that there are, until a Step says otherwise.
	Accounts []Account `json:"accounts,omitempty"`
	// Containerd is where a containerd serves its CRI, and Records a folder for the
	// kubelet's records of pulls: for Steps that pull.
	Containerd string `json:"containerd,omitempty"`
	Records    string `json:"records,omitempty"`
	// VerifyAll is the image pull policy AlwaysVerify: that an image is there
	// gives no Pod the right to it.
	VerifyAll bool   `json:"verifyAll,omitempty"`
	Steps     []Step `json:"steps"`
}

// Account is a ServiceAccount.
type Account struct {
	Namespace   string            `json:"namespace"`
	Name        string            `json:"name"`
	UID         string            `json:"uid,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	// Token is what its tokens begin with; the Pod's name follows, for they are
	// bound to it. NoToken is why the API server gives none.
	Token   string `json:"token,omitempty"`
	NoToken string `json:"noToken,omitempty"`
}

// Step is a Pod, or several at once.
type Step struct {
	// Forward moves the clock that the caches of the kubelet go by, before all else.
	Forward time.Duration `json:"forward,omitempty"`
	// Accounts take the place of those there were, if there are any.
	Accounts []Account `json:"accounts,omitempty"`
	// Write are files that change, and Remove such that go, by their paths.
	Write  map[string]string `json:"write,omitempty"`
	Remove []string          `json:"remove,omitempty"`

	// Images are what the Pods ask for, a Pod each, all at the same time:
	// repositories as the kubelet normalises them, or for a pull references.
	Images []string `json:"images"`
	// Namespace, Pod and Account are the Pods'. An account "" is a static Pod.
	Namespace string `json:"namespace,omitempty"`
	Pod       string `json:"pod,omitempty"`
	Account   string `json:"account,omitempty"`
	// Secrets are the Pods' pull Secrets that exist.
	Secrets []corev1.Secret `json:"secrets,omitempty"`
	// Pull has the images pulled by that policy. Without it the credentials are
	// looked up, and no more.
	Pull corev1.PullPolicy `json:"pull,omitempty"`
	// Preload has containerd pull them alone, without the kubelet, by a user and a
	// password with a colon between.
	Preload string `json:"preload,omitempty"`
}

// Result is what came of a Job.
type Result struct {
	// Refused is why the kubelet does not start, "" if it does.
	Refused string `json:"refused,omitempty"`
	// Providers are those that are registered, in their order.
	Providers []string `json:"providers,omitempty"`
	Steps     []Found  `json:"steps,omitempty"`
}

// Found is what came of a Step.
type Found struct {
	// Credentials are in the order in which they are tried, for each image.
	Credentials [][]Credential `json:"credentials,omitempty"`
	// Pulled are the pulls, for each image.
	Pulled []Pulled `json:"pulled,omitempty"`
	// Error is why there is no keyring at all: a pull Secret is malformed.
	Error string `json:"error,omitempty"`
	// Runs are the plugins' that the step brought about.
	Runs []Run `json:"runs,omitempty"`
	// Failures are what the kubelet logs, and tells nobody.
	Failures []string `json:"failures,omitempty"`
}

// Credential is one attempt.
type Credential struct {
	Username string `json:"username"`
	Password string `json:"password"`
	// Source is whose it is: "secret NAMESPACE/NAME", "account NAMESPACE/NAME", or
	// "" for the node's.
	Source string `json:"source,omitempty"`
}

// Pulled is what became of a pull.
type Pulled struct {
	Pulled  bool   `json:"pulled"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
}

// Run is one run of a plugin.
type Run struct {
	Provider    string            `json:"provider"`
	Image       string            `json:"image"`
	Token       string            `json:"token,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	// Error is why it counts as failed.
	Error string `json:"error,omitempty"`
}
