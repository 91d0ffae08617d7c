package resolver

import (
	"fmt"
	"slices"

	"github.com/pullgate/pullgate/resolver/proof"
	"github.com/pullgate/pullgate/resolver/reference"
)

// conclude makes one verdict of attempts that all failed. What may pass outranks
// what is definite: the credential that the registry could not judge may be the
// good one. And what a node has of its own outranks what was found without.
func (p *pulling) conclude() Verdict {
	if v, open := stillOpen(p.failed); open {
		return v
	}
	creds := p.pod.Credentials
	// A Secret that we may not read can still be the kubelet's (C25).
	if len(creds.unreadable) > 0 {
		return Verdict{
			Reason:  SecretUnreadable,
			Message: fmt.Sprintf("pullgate cannot read %s in namespace %q", list(creds.unreadable), creds.namespace),
			Detail:  p.failed[0].outcome.detail,
		}
	}
	if failures := p.answer.Failed; len(failures) > 0 {
		o := providerFailed(failures[0])
		return Verdict{Reason: o.reason, Message: o.says, Detail: p.failed[0].outcome.detail}
	}
	told := mostTelling(p.failed)
	if told.credential.Provider() != "" && p.r.config.CredentialProviders.Identity == proof.Own && !p.r.config.CredentialProviders.SuggestTags {
		told.outcome.near = "" // who may create Pods may not see what pullgate sees
	}
	v := Verdict{Reason: told.outcome.reason, Message: p.words(told), Detail: told.outcome.detail}
	if standing := p.proves(told); standing != proof.Definite {
		v.Reason, v.Message = NodeManaged, p.nodeManagedWords(standing, told, v.Message)
	}
	return v
}

// stillOpen is the verdict that what was found no good is not the last word: an
// attempt with another credential may have found something else.
func stillOpen(failed []failedAttempt) (v Verdict, open bool) {
	for _, f := range failed {
		if f.outcome.reason.Class() == ClassUnverified {
			return Verdict{Reason: f.outcome.reason, Message: f.outcome.says, Detail: f.outcome.detail}, true
		}
	}
	return v, false
}

// mostTelling prefers the attempt that came further than a refusal.
func mostTelling(failed []failedAttempt) failedAttempt {
	for _, f := range failed {
		if f.outcome.reason != Unauthorized {
			return f
		}
	}
	return failed[0]
}

// proves is what it proves of nodes that all attempts failed.
func (p *pulling) proves(told failedAttempt) proof.Standing {
	config := p.r.config
	tried := slices.ContainsFunc(p.failed, func(f failedAttempt) bool { return f.credential.Provider() != "" })
	return proof.Rules{
		NodeCredentials: config.Registries.NodeCredentials,
		Mirrored:        config.Registries.Mirrored,
		PullThrough:     config.Registries.PullThrough,
		Identity:        config.CredentialProviders.Identity,
	}.Proves(proof.Asked{
		Repository: p.ref.Name(),
		Covered:    p.asked.Covered(),
		AsNode:     tried && len(p.answer.Failed)+len(p.answer.Withheld) == 0,
	}, proof.Refusal{
		Absent:        told.outcome.reason == ImageNotFound || told.outcome.reason == RepositoryNotFound,
		Listed:        told.outcome.listed,
		Authenticated: !told.credential.Anonymous(),
		Served:        told.outcome.served,
	})
}

// words say why no attempt succeeded.
func (p *pulling) words(told failedAttempt) string {
	if told.outcome.reason == Unauthorized {
		return unauthorizedWords(p.ref, p.pod.Credentials, p.failed, told.outcome)
	}
	message := also(told.outcome.says, cure(p.ref, told.outcome))
	return also(message, p.pod.Credentials.missingWords())
}

// unauthorizedWords says which credentials were refused, or why there were
// none to try.
func unauthorizedWords(ref reference.Reference, creds *Credentials, failed []failedAttempt, told outcome) string {
	var refused, tried, without, elsewhere []string
	for _, f := range failed {
		c := f.credential
		if origin := originOf(c); origin != "" && !slices.Contains(elsewhere, origin) {
			elsewhere = append(elsewhere, origin)
		}
		if c.Secret == "" || slices.Contains(tried, c.Secret) {
			continue
		}
		tried = append(tried, c.Secret)
		if c.Lacks != "" {
			without = append(without, fmt.Sprintf("the entry of Secret %q for %s %s", c.Secret, ref.Host, c.Lacks))
		} else {
			refused = append(refused, c.Secret)
		}
	}
	if len(refused) > 0 {
		elsewhere = append([]string{secretWords(refused)}, elsewhere...)
	}
	var message string
	switch {
	case len(elsewhere) > 0:
		message = fmt.Sprintf("%s refuses the credentials of %s", ref.Host, joined(elsewhere))
		message = also(message, someOf(append(without, creds.uselessWords(tried)...)))
		message = also(message, creds.originWords())
		message = also(message, "renew the login, or let it pull from the repository")
	case len(tried) == 0:
		message = "it needs credentials, or does not exist: " + creds.absenceWords()
		message = also(message, fmt.Sprintf("name a pull Secret for %s", ref.Host))
	default:
		message = "it needs credentials, or does not exist: " + someOf(append(without, creds.uselessWords(tried)...))
		message = also(message, fmt.Sprintf("make the Secret with the user name and password for %s", ref.Host))
		message = also(message, creds.originWords())
	}
	return also(message, told.says)
}
