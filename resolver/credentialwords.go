package resolver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pullgate/pullgate/resolver/words"
)

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

// absenceWords explains why there were no credentials to try.
func (c *Credentials) absenceWords() string {
	parts := c.uselessWords(nil)
	if len(parts) == 0 {
		return c.nobodyWords()
	}
	return also(someOf(parts), c.originWords())
}

// someOf strings the first few sentences together.
func someOf(parts []string) string {
	if len(parts) > maxListed {
		parts = append(slices.Clone(parts[:maxListed]), "…")
	}
	return strings.Join(parts, "; ")
}

// uselessWords says of each Secret why it is no use, but for those that were tried.
func (c *Credentials) uselessWords(tried []string) (parts []string) {
	if m := c.missingWords(); m != "" {
		parts = append(parts, m)
	}
	var ignored []string
	for _, i := range c.ring.Ignored() {
		ignored = append(ignored, i.Secret)
		parts = append(parts, fmt.Sprintf("Secret %q %s, so a node ignores it", i.Secret, i.Why))
	}
	for _, name := range c.names {
		if slices.Contains(ignored, name) || slices.Contains(tried, name) {
			continue
		}
		covers := c.ring.Covers(name)
		if len(covers) == 0 {
			parts = append(parts, fmt.Sprintf("Secret %q holds no registry", name))
			continue
		}
		parts = append(parts, fmt.Sprintf("Secret %q covers only %s", name, coversWords(covers)))
	}
	return parts
}

// coversWords lists the registries of a Secret. Its keys are anything that
// whoever made it wrote there.
func coversWords(covers []string) string {
	shown := slices.Clone(covers)
	for n := range min(len(shown), maxListed) { // the rest is only counted
		shown[n] = words.Printable(words.Cut(shown[n], maxQuoted))
	}
	return list(shown)
}

// nobodyWords is for a Pod without any pull Secret.
func (c *Credentials) nobodyWords() string {
	account, known := c.serviceAccount()
	if !known {
		return "neither the Pod nor its ServiceAccount names imagePullSecrets"
	}
	return fmt.Sprintf("neither the Pod nor its ServiceAccount %q names imagePullSecrets", account.Name)
}

// originWords says whether the ServiceAccount supplied the Pod's Secrets, or
// could have: it adds none to a Pod that names its own (C41).
func (c *Credentials) originWords() string {
	account, known := c.serviceAccount()
	switch {
	case !known || len(account.PullSecrets) == 0:
		return ""
	case slices.Equal(c.all, account.PullSecrets):
		return fmt.Sprintf("supplied by ServiceAccount %q", account.Name)
	}
	var unused []string
	for _, name := range account.PullSecrets {
		if !slices.Contains(c.all, name) {
			unused = append(unused, name)
		}
	}
	if len(unused) == 0 {
		return ""
	}
	return fmt.Sprintf("ServiceAccount %q has %s, for Pods that name none", account.Name, list(quoted(unused)))
}

// serviceAccount tells the Pod's ServiceAccount, if it can be known.
func (c *Credentials) serviceAccount() (account ServiceAccount, known bool) {
	if c.account == nil {
		return ServiceAccount{}, false
	}
	account, err := c.account()
	return account, err == nil
}

// secretWords is `Secret "a"` or `Secrets "a", "b"`.
func secretWords(names []string) string {
	if len(names) == 1 {
		return fmt.Sprintf("Secret %q", names[0])
	}
	return "Secrets " + list(quoted(names))
}

func quoted(names []string) []string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = fmt.Sprintf("%q", n)
	}
	return q
}

// list joins the first few.
func list(items []string) string {
	if len(items) > maxListed {
		return strings.Join(items[:maxListed], ", ") + fmt.Sprintf(" and %d more", len(items)-maxListed)
	}
	return strings.Join(items, ", ")
}
