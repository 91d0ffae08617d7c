package faults

import (
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/pullgate/pullgate/e2e/pullgate"
)

// judgement is what came of one Pod.
type judgement string

const (
	// verified: a pullable image let through without a word, a definite failure
	// denied.
	verified judgement = "verified"
	// unverified: let through with a warning, which is right for either.
	unverified judgement = "unverified"
	// wrong: a pullable image denied, or a definite failure let through without a
	// warning.
	wrong judgement = "wrong"
	// failed: the API server called the webhook and got no answer from it.
	failed judgement = "failed"
	// notSent: the API server did not take the request, so that nobody was called.
	notSent judgement = "not sent"
)

// judge tells what came of a Pod from the API server's answer.
//
// The webhook's configuration says failurePolicy: Fail for as long as this runs,
// where users have Ignore: it changes nothing about the call itself, and a call
// that failed is then an error of its own kind in the answer to the very request.
// With Ignore it would look like a Pod that was let through. How many there were
// is counted once more by the API server, in its metrics; run.go compares.
func judge(pullable bool, warnings []string, err error) judgement {
	switch {
	case err == nil:
	case apierrors.IsForbidden(err) && strings.Contains(err.Error(), `admission webhook "`+pullgate.Webhook+`" denied`):
		if pullable {
			return wrong
		}
		return verified
	case strings.Contains(err.Error(), `failed calling webhook "`+pullgate.Webhook+`"`):
		return failed
	default:
		return notSent
	}
	warned := slices.ContainsFunc(warnings, func(w string) bool { return strings.HasPrefix(w, "image") })
	switch {
	case warned:
		return unverified
	case pullable:
		return verified
	default:
		return wrong
	}
}
