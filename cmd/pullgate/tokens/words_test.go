package tokens

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// status is what the API server answers.
func status(code int32, reason metav1.StatusReason, message string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: code, Reason: reason, Message: message}}
}

func TestRefused(t *testing.T) {
	const (
		ofIt  = `ServiceAccount "team/builder"`
		head  = `serviceaccounts "builder" is forbidden: `
		right = `pullgate may not create serviceaccounts/token, resourceNames ["builder"], in namespace "team": see credentialProviders.tokens.serviceAccounts of the chart`
		none  = `no token of ` + ofIt + `: the API server `
	)
	noRight := head + `User "system:serviceaccount:pullgate-system:pullgate" cannot create resource "serviceaccounts/token" in API group "" in the namespace "team"`
	byPolicy := head + `ValidatingAdmissionPolicy 'pullgate-tokens' with binding 'the-binding' denied request: only sts`
	policy := `ValidatingAdmissionPolicy "pullgate-tokens" refuses a token for "sts.example.com": `
	resource := schema.GroupResource{Resource: "serviceaccounts"}
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"no right":             {status(403, metav1.StatusReasonForbidden, noRight), right},
		"no right, RBAC":       {status(403, metav1.StatusReasonForbidden, noRight+`: RBAC: role.rbac.authorization.k8s.io "x" not found`), right},
		"policy":               {status(403, metav1.StatusReasonForbidden, byPolicy), policy + "only sts"},
		"policy, invalid":      {status(422, metav1.StatusReasonInvalid, byPolicy), policy + "only sts"},
		"policy, other words":  {status(403, metav1.StatusReasonForbidden, head+"ValidatingAdmissionPolicy 'pullgate-tokens' is broken"), policy + "is broken"},
		"policy that pretends": {status(403, metav1.StatusReasonForbidden, byPolicy+`; cannot create resource`), policy + "only sts; cannot create resource"},
		"hostile policy": {
			status(403, metav1.StatusReasonForbidden, byPolicy+"\r\n\x1b[31m\u202e"+strings.Repeat("x", 1000)),
			policy + "only sts???[31m?" + strings.Repeat("x", 200-len("only sts???[31m?")-len("…")) + "…",
		},
		"webhook": {
			status(403, metav1.StatusReasonForbidden, `admission webhook "w" denied the request: no`),
			`the API server refuses a token for "sts.example.com": admission webhook "w" denied the request: no`,
		},
		"proxy":       {apierrors.NewGenericServerResponse(403, "POST", resource, "builder", "planted", 0, true), none + "answers Forbidden"},
		"not found":   {apierrors.NewNotFound(resource, "builder"), ofIt + " does not exist"},
		"conflict":    {apierrors.NewConflict(resource, "builder", errors.New("planted")), ofIt + " was made anew a moment ago: try again"},
		"overload":    {apierrors.NewTooManyRequests("planted", 1), none + "answers TooManyRequests"},
		"a bad day":   {apierrors.NewInternalError(errors.New("planted")), none + "answers InternalError"},
		"deadline":    {fmt.Errorf("planted: %w", context.DeadlineExceeded), none + "does not answer in time"},
		"no network":  {errors.New("dial tcp planted"), none + "cannot be reached, or its answer cannot be read"},
		"another one": {errOther, none + "gives one for other audiences"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := refused(tc.err, team, builder, sts).Error(); got != tc.want {
				t.Errorf("%s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestUnread(t *testing.T) {
	resource := schema.GroupResource{Resource: "serviceaccounts"}
	const of = `ServiceAccount "team/builder"`
	for want, err := range map[string]error{
		of + " does not exist":       apierrors.NewNotFound(resource, "builder"),
		"pullgate may not get " + of: apierrors.NewForbidden(resource, "builder", errors.New("planted")),
		"pullgate cannot read " + of + ": the API server does not answer in time":    context.Canceled,
		"pullgate cannot read " + of + ": the API server answers ServiceUnavailable": apierrors.NewServiceUnavailable("planted"),
	} {
		if got := unread(err, team, builder).Error(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
