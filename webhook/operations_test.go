package webhook

import (
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
)

func TestBringsImages(t *testing.T) {
	for _, tc := range []struct {
		op          admissionv1.Operation
		subResource string
		want        bool
	}{
		{admissionv1.Create, "", true},
		{admissionv1.Update, "", true},
		{admissionv1.Delete, "", false},
		{admissionv1.Connect, "", false},
		{admissionv1.Update, "ephemeralcontainers", true},
		{admissionv1.Update, "status", false},
		{admissionv1.Update, "resize", false},
		{admissionv1.Create, "binding", false},
	} {
		req := admissionv1.AdmissionRequest{Operation: tc.op, SubResource: tc.subResource}
		if got := bringsImages(req); got != tc.want {
			t.Errorf("%s %q: %t, want %t", tc.op, tc.subResource, got, tc.want)
		}
	}
}
