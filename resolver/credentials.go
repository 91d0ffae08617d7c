package resolver

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/pullgate/pullgate/resolver/keyring"
)

// NamedSecret is a pull Secret that a Pod names, and what reading it came to.
type NamedSecret struct {
	Name   string
	Secret *corev1.Secret // nil if Err is not
	// Err is why it could not be read; a NotFound of the API server means that
	// it does not exist.
	Err error
}

// Credentials is what became of the pull Secrets that a Pod names. It is made
// once for all images of a Pod and is safe for concurrent use.
type Credentials struct {
	namespace  string
	names      []string // that exist and are readable
	missing    []string
	unreadable []string
	ring       *keyring.Keyring
	malformed  error // the keyring cannot be built
}

// NewCredentials makes the Credentials of a Pod in a namespace, from its
// imagePullSecrets in their order. An entry without a name is passed over, as
// the kubelet does.
func NewCredentials(namespace string, named []NamedSecret) *Credentials {
	c := &Credentials{namespace: namespace}
	var secrets []*corev1.Secret
	for _, n := range named {
		switch {
		case n.Name == "":
		case apierrors.IsNotFound(n.Err):
			c.missing = append(c.missing, n.Name)
		case n.Err != nil:
			c.unreadable = append(c.unreadable, n.Name)
		default:
			c.names = append(c.names, n.Name)
			secrets = append(secrets, n.Secret)
		}
	}
	c.ring, c.malformed = keyring.New(secrets)
	return c
}

// lookup returns the credentials to try for a repository, one of them empty
// where a node would try once without any.
func (c *Credentials) lookup(repository string) []keyring.Credential {
	if found := c.ring.Lookup(repository); len(found) > 0 {
		return found
	}
	return []keyring.Credential{{}}
}

// maxListed bounds the names in one message.
const maxListed = 3

// missingWords says which of the named Secrets do not exist: the cure of many
// a refusal, and nothing a node would complain about.
func (c *Credentials) missingWords() string {
	if len(c.missing) == 0 {
		return ""
	}
	return fmt.Sprintf("%s not found in namespace %q", secretWords(c.missing), c.namespace)
}

// absenceWords explains why no credentials were tried for a host.
func (c *Credentials) absenceWords(host string) string {
	var parts []string
	if m := c.missingWords(); m != "" {
		parts = append(parts, m)
	}
	var ignored []string
	for _, i := range c.ring.Ignored() {
		ignored = append(ignored, i.Secret)
		parts = append(parts, fmt.Sprintf("Secret %q %s, so a node ignores it", i.Secret, i.Why))
	}
	for _, name := range c.names {
		if slices.Contains(ignored, name) {
			continue
		}
		covers := c.ring.Covers(name)
		if len(covers) == 0 {
			parts = append(parts, fmt.Sprintf("Secret %q holds no registry", name))
			continue
		}
		parts = append(parts, fmt.Sprintf("Secret %q covers only %s", name, list(covers)))
	}
	if len(parts) == 0 {
		return "neither the Pod nor its ServiceAccount names imagePullSecrets"
	}
	if len(parts) > maxListed {
		parts = append(parts[:maxListed], "…")
	}
	return fmt.Sprintf("no imagePullSecret covers %s: %s", host, strings.Join(parts, "; "))
}

// secretWords is `Secret "a"` or `Secrets "a", "b"`.
func secretWords(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	if len(names) == 1 {
		return "Secret " + quoted[0]
	}
	return "Secrets " + list(quoted)
}

// list joins the first few.
func list(items []string) string {
	if len(items) > maxListed {
		return strings.Join(items[:maxListed], ", ") + fmt.Sprintf(" and %d more", len(items)-maxListed)
	}
	return strings.Join(items, ", ")
}
