package main

import (
	"context"
	"sync"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/pullgate/pullgate/cmd/pullgate/config"
	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/webhook"
)

// noLabels is a cluster whose namespaces have no labels.
type noLabels struct{}

func (noLabels) Labels(context.Context, string) (map[string]string, error) { return nil, nil }

// newTestHandler makes a handler without a manager, for requests that need
// neither Secrets nor nodes.
func newTestHandler(t *testing.T) *handler {
	t.Helper()
	checker, err := resolver.New(resolver.DefaultConfig(), "test")
	if err != nil {
		t.Fatal(err)
	}
	h := &handler{}
	h.inForce.Store(&rules{resolver: checker, validator: &webhook.Validator{
		Config: webhook.DefaultConfig(), Namespaces: noLabels{},
		Examiner: webhook.Examiner{Checker: checker, Secrets: webhook.NewSecrets(nil)},
	}})
	return h
}

// badPod is a request for a Pod whose image name is none.
func badPod() admission.Request {
	return admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		UID:       "7",
		Operation: admissionv1.Create,
		Kind:      metav1.GroupVersionKind{Version: "v1", Kind: "Pod"},
		Namespace: "team-a",
		Object:    runtime.RawExtension{Raw: []byte(`{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"a","image":"No Image"}]}}`)},
	}}
}

func TestApply(t *testing.T) {
	h := newTestHandler(t)
	if h.Handle(t.Context(), badPod()).Allowed {
		t.Fatal("the Pod is let through by the defaults")
	}
	before := h.inForce.Load()

	bad := config.Default()
	bad.Exemptions.Namespaces = []string{"team-*"}
	bad.Cache.Entries = 0
	if err := h.apply(bad); err == nil {
		t.Error("no error for a configuration that is none")
	}
	if h.inForce.Load() != before || h.Handle(t.Context(), badPod()).Allowed {
		t.Error("a part of what was refused is in force")
	}

	good := config.Default()
	good.Exemptions.Namespaces = []string{"team-*"}
	if err := h.apply(good); err != nil {
		t.Fatal(err)
	}
	if !h.Handle(t.Context(), badPod()).Allowed {
		t.Error("the new configuration is not in force")
	}
	if now := h.inForce.Load().validator.Examiner; now.Secrets != before.validator.Examiner.Secrets {
		t.Error("what does not depend on the configuration was made anew")
	}
	if checker := h.inForce.Load().validator.Examiner.Checker; checker == before.validator.Examiner.Checker {
		t.Error("the old resolver is still asked")
	}
}

// For the race detector: requests come while a configuration is applied.
func TestApplyWhileServing(t *testing.T) {
	h := newTestHandler(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				h.Handle(t.Context(), badPod())
			}
		})
	}
	for n := range 50 {
		c := config.Default()
		c.Limits.LookupsPerRegistry = 1 + n
		if err := h.apply(c); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}
