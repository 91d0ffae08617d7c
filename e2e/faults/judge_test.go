package faults

import (
	"errors"
	"net/http"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func denied(message string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: message}}
}

func TestJudge(t *testing.T) {
	denial := denied(`admission webhook "pods.pullgate.dev" denied the request: image "a" cannot be pulled`)
	called := apierrors.NewInternalError(errors.New(`failed calling webhook "pods.pullgate.dev": failed to call webhook: Post "https://…": EOF`))
	warning := []string{`image "a" (spec.containers[0].image) not verified: …`}
	tests := map[string]struct {
		warnings []string
		err      error
		pullable judgement
		definite judgement
	}{
		"let through":                  {nil, nil, verified, wrong},
		"let through with a warning":   {warning, nil, unverified, unverified},
		"with the warning of a defect": {[]string{"images not verified: …"}, nil, unverified, unverified},
		"with another's warning":       {[]string{"spec.x: deprecated"}, nil, verified, wrong},
		"denied":                       {nil, denial, wrong, verified},
		"the call failed":              {nil, called, failed, failed},
		"denied by another":            {nil, denied(`admission webhook "other" denied the request`), notSent, notSent},
		"not ready":                    {nil, denied("not yet ready to handle request"), notSent, notSent},
		"no API server":                {nil, errors.New("connection refused"), notSent, notSent},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := judge(true, tc.warnings, tc.err); got != tc.pullable {
				t.Errorf("of a pullable image: %s, want %s", got, tc.pullable)
			}
			if got := judge(false, tc.warnings, tc.err); got != tc.definite {
				t.Errorf("of a definite failure: %s, want %s", got, tc.definite)
			}
		})
	}
}
