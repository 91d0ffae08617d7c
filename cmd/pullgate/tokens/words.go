package tokens

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/resolver/words"
)

// maxRepeated bounds what is repeated of what somebody else has written, in bytes.
const maxRepeated = 200

// accountWords name a ServiceAccount.
func accountWords(namespace, name string) string {
	return "ServiceAccount " + quoted(namespace+"/"+name)
}

// unread says why a ServiceAccount could not be read.
func unread(err error, namespace, name string) error {
	switch {
	case apierrors.IsNotFound(err):
		return gone(namespace, name)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("pullgate may not get %s", accountWords(namespace, name))
	default:
		return fmt.Errorf("pullgate cannot read %s: the API server %s", accountWords(namespace, name), reason(err))
	}
}

func gone(namespace, name string) error {
	return fmt.Errorf("%s does not exist", accountWords(namespace, name))
}

func madeAnew(namespace, name string) error {
	return fmt.Errorf("%s was made anew a moment ago: try again", accountWords(namespace, name))
}

// refused says why the API server gave no token of a ServiceAccount (P58, P59). What
// matters comes first: a warning has 256 bytes.
func refused(err error, namespace, name, audience string) error {
	said := message(err)
	policy, because, byPolicy := policyOf(said)
	switch {
	case byPolicy:
		return fmt.Errorf("ValidatingAdmissionPolicy %s refuses a token for %s: %s", quoted(policy), quoted(audience), repeat(because))
	case apierrors.IsForbidden(err) && strings.Contains(said, "cannot create resource"):
		return fmt.Errorf("pullgate may not create serviceaccounts/token, resourceNames [%s], in namespace %s: see credentialProviders.tokens.serviceAccounts of the chart",
			quoted(name), quoted(namespace))
	case apierrors.IsNotFound(err):
		return gone(namespace, name)
	case apierrors.IsConflict(err):
		return madeAnew(namespace, name)
	case (apierrors.IsForbidden(err) || apierrors.IsInvalid(err)) && !apierrors.IsUnexpectedServerError(err):
		return fmt.Errorf("the API server refuses a token for %s: %s", quoted(audience), repeat(said))
	default:
		return fmt.Errorf("no token of %s: the API server %s", accountWords(namespace, name), reason(err))
	}
}

// message is what the API server has said; empty if it was not the API server.
func message(err error) string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return ""
	}
	return status.Status().Message
}

// policyOf finds which policy refuses in what the API server has said, and why.
func policyOf(said string) (policy, because string, found bool) {
	_, rest, found := strings.Cut(said, "ValidatingAdmissionPolicy '")
	if !found {
		return "", "", false
	}
	policy, rest, found = strings.Cut(rest, "'")
	if _, because, ok := strings.Cut(rest, "denied request: "); ok {
		return policy, because, found
	}
	return policy, strings.TrimSpace(rest), found
}

// reason says in words of its own what else the API server does: what others have
// written may be anything.
func reason(err error) string {
	switch why := apierrors.ReasonForError(err); {
	case why != metav1.StatusReasonUnknown:
		return "answers " + string(why)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "does not answer in time"
	case errors.Is(err, errOther):
		return err.Error()
	default:
		return "cannot be reached, or its answer cannot be read"
	}
}

// repeat makes foreign text fit for a message.
func repeat(said string) string { return words.Cut(words.Printable(said), maxRepeated) }
