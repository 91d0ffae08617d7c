package resolver

import (
	"fmt"
	"slices"

	"github.com/pullgate/pullgate/resolver/reference"
)

// conclude makes one verdict of attempts that all failed. What may pass outranks
// what is definite: the credential that the registry could not judge may be the
// good one. And what a node has of its own outranks what was found without;
// nodeManaged says what that is, if anything.
func conclude(ref reference.Reference, creds *Credentials, failed []failedAttempt, nodeManaged string) Verdict {
	if v, open := stillOpen(failed); open {
		return v
	}
	// A Secret that we may not read can still be the kubelet's (C25).
	if len(creds.unreadable) > 0 {
		return Verdict{
			Reason:  SecretUnreadable,
			Message: fmt.Sprintf("pullgate cannot read %s in namespace %q", list(creds.unreadable), creds.namespace),
			Detail:  failed[0].outcome.detail,
		}
	}
	told := mostTelling(failed)
	v := Verdict{Reason: told.reason, Message: also(told.says, cure(ref, told)), Detail: told.detail}
	if told.reason == Unauthorized {
		v.Message = unauthorizedWords(ref, creds, failed, told)
	} else {
		v.Message = also(v.Message, creds.missingWords())
	}
	if nodeManaged != "" && !certain(ref, told) {
		v.Reason, v.Message = NodeManaged, fmt.Sprintf("%s; without: %s", nodeManaged, v.Message)
	}
	return v
}

// mostTelling prefers the attempt that came further than a refusal.
func mostTelling(failed []failedAttempt) outcome {
	for _, f := range failed {
		if f.outcome.reason != Unauthorized {
			return f.outcome
		}
	}
	return failed[0].outcome
}

// unauthorizedWords says which credentials were refused, or why there were
// none to try.
func unauthorizedWords(ref reference.Reference, creds *Credentials, failed []failedAttempt, told outcome) string {
	var refused, tried, without []string
	for _, f := range failed {
		c := f.credential
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
	var message string
	switch {
	case len(tried) == 0:
		message = "it needs credentials, or does not exist: " + creds.absenceWords()
		message = also(message, fmt.Sprintf("name a pull Secret for %s", ref.Host))
	case len(refused) == 0:
		message = "it needs credentials, or does not exist: " + someOf(append(without, creds.uselessWords(tried)...))
		message = also(message, fmt.Sprintf("make the Secret with the user name and password for %s", ref.Host))
		message = also(message, creds.originWords())
	default:
		message = fmt.Sprintf("%s refuses the credentials of %s", ref.Host, secretWords(refused))
		message = also(message, someOf(append(without, creds.uselessWords(tried)...)))
		message = also(message, creds.originWords())
		message = also(message, "renew the login, or let it pull from the repository")
	}
	return also(message, told.says)
}
