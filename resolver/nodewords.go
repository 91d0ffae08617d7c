package resolver

import (
	"fmt"
	"strings"

	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/proof"
	"github.com/pullgate/pullgate/resolver/provider"
	"github.com/pullgate/pullgate/resolver/words"
)

// nodeManagedWords say why a node may pull what cannot be pulled from here, and what
// to do so that pullgate can tell. The image's name is beside them, and has the host.
func (p *pulling) nodeManagedWords(standing proof.Standing, told failedAttempt, without string) string {
	by, absent := p.providerOf(told), told.outcome.reason != Unauthorized
	if p.r.config.CredentialProviders.Identity == proof.Node {
		by = "" // it has no identity of its own: something else keeps the answer from being the nodes'
	}
	var message string
	switch {
	case standing == proof.Mirror:
		return fmt.Sprintf("nodes pull from %s through a mirror; without: %s", p.ref.Host, without)
	case standing == proof.Import:
		return fmt.Sprintf("%s, but a node's first pull may import it: registries.pullThrough says where", told.outcome.says)
	case by != "" && absent:
		return fmt.Sprintf("%s, or pullgate's own identity (credential provider %s) may not see it, and nodes' may", told.outcome.says, providerName(by))
	case by != "":
		message = fmt.Sprintf("the registry refuses pullgate's own identity (credential provider %s), and may let the nodes' in: let pullgate's read the repository", providerName(by))
		if told.credential.Provider() != "" { // otherwise a Secret is refused as well
			return message
		}
	case len(p.answer.Withheld) > 0:
		w := p.answer.Withheld[0]
		message = fmt.Sprintf("nodes ask credential provider %s: %s", providerName(w.Provider), w.Why)
	case p.asked.Covered():
		message = "no credential provider has credentials for it here, and nodes' may"
	default:
		message = "nodes have credentials of their own for it: set up their credential providers to have it verified"
	}
	if absent || len(p.pod.Credentials.all) > 0 {
		message += "; without: " + without
	}
	return message
}

// providerOf is the provider whose credential was tried, "" if there was none.
func (p *pulling) providerOf(told failedAttempt) string {
	for _, f := range append([]failedAttempt{told}, p.failed...) {
		if by := f.credential.Provider(); by != "" {
			return by
		}
	}
	return ""
}

// providerFailed is what becomes of an image that only a credential provider that
// does not answer might open.
func providerFailed(f provider.Failure) outcome {
	return outcome{
		reason: CredentialProviderFailed,
		says:   fmt.Sprintf("credential provider %s failed here: %s; nodes may have its credentials", providerName(f.Provider), f.Why),
	}
}

// publicWords tell that the image could be pulled without the credentials that nodes
// try in vain.
func publicWords(failed []failedAttempt) string {
	what := "a Secret"
	if failed[0].credential.Provider() != "" {
		what = "a credential provider"
	}
	return "without " + what + " for this registry it could be pulled"
}

// originOf says where a credential comes from, if that is not a Secret.
func originOf(c keyring.Credential) string {
	switch {
	case c.Provider() != "":
		return "credential provider " + providerName(c.Provider())
	case c.Origin != nil:
		return "the nodes' config.json"
	default:
		return ""
	}
}

// providerName quotes the name that a configuration gives a provider.
func providerName(name string) string { return words.Quote(name, maxQuoted) }

// joined is "a, b and c".
func joined(items []string) string {
	if n := len(items); n > 1 {
		return strings.Join(items[:n-1], ", ") + " and " + items[n-1]
	}
	return strings.Join(items, "")
}
