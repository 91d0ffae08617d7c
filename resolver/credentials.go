package resolver

import (
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/pullgate/pullgate/resolver/keyring"
)

// NamedSecret is a pull Secret that a Pod names, and what reading it came to.
type NamedSecret struct {
	Name   string
	Secret *keyring.Secret // nil if Err is not
	// Err is why it could not be read; a NotFound of the API server means that
	// it does not exist.
	Err error
}

// Credentials is what became of the pull Secrets that a Pod names. It is made
// once for all images of a Pod and is safe for concurrent use.
type Credentials struct {
	namespace  string
	all        []string // as the Pod names them
	names      []string // that exist and are readable
	missing    []string
	unreadable []string // with their kind
	ring       *keyring.Keyring
	malformed  error // the keyring cannot be built
	// account tells of the ServiceAccount, nil if nobody can.
	account func() (ServiceAccount, error)
}

// ServiceAccount is where a Pod that names no pull Secrets gets them from.
type ServiceAccount struct {
	Name string
	// PullSecrets are the names of its imagePullSecrets.
	PullSecrets []string
}

// NewCredentials makes the Credentials of a Pod in a namespace, from its
// imagePullSecrets in their order. An entry without a name is passed over, as
// the kubelet does.
func NewCredentials(namespace string, named []NamedSecret) *Credentials {
	c := &Credentials{namespace: namespace}
	var secrets []*keyring.Secret
	for _, n := range named {
		if n.Name != "" {
			c.all = append(c.all, n.Name)
		}
		switch {
		case n.Name == "":
		case apierrors.IsNotFound(n.Err):
			c.missing = append(c.missing, n.Name)
		case n.Err != nil:
			c.Unreadable(secretWords([]string{n.Name}))
		default:
			c.names = append(c.names, n.Name)
			secrets = append(secrets, n.Secret)
		}
	}
	c.ring, c.malformed = keyring.Join(secrets)
	return c
}

// OfServiceAccount names the Pod's ServiceAccount. It is asked for only where a
// message has to say where the Secrets come from, once at most, and may read the
// API.
func (c *Credentials) OfServiceAccount(account func() (ServiceAccount, error)) *Credentials {
	c.account = sync.OnceValues(account)
	return c
}

// Unreadable marks something else that could not be read, and that may supply
// pull Secrets, such as `ServiceAccount "ci"`.
func (c *Credentials) Unreadable(what string) *Credentials {
	c.unreadable = append(c.unreadable, what)
	return c
}
