package webhook

import (
	"errors"
	"testing"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

func TestLogConstructorSaysWhatTheDefaultDoes(t *testing.T) {
	req := &admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		UID: "u", Namespace: "shop", Name: "web", UserInfo: authenticationv1.UserInfo{Username: "someone"},
	}}
	logged := func(construct func(logr.Logger, *admission.Request) logr.Logger, req *admission.Request) (lines []string) {
		base := funcr.New(func(prefix, args string) { lines = append(lines, prefix+": "+args) }, funcr.Options{Verbosity: 1}).WithName("admission")
		l := construct(base, req)
		l.Info("info", "a", 1)
		l.V(1).Info("wanted", "b", 2)
		l.V(2).Info("not wanted")
		l.Error(errors.New("down"), "error")
		l.WithValues("c", 3).Info("with values")
		l.WithName("part").Info("with a name")
		return lines
	}
	for name, req := range map[string]*admission.Request{"a request": req, "none": nil} {
		if diff := cmp.Diff(logged(admission.DefaultLogConstructor, req), logged(logConstructor, req)); diff != "" {
			t.Errorf("%s (-default +ours):\n%s", name, diff)
		}
	}
}
