package faults

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/faults/balancer"
	"github.com/pullgate/pullgate/e2e/faults/proxy"
	"github.com/pullgate/pullgate/e2e/process"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

// The whole way, with a real API server, to webhooks that are wrong on purpose: if
// nothing is counted here, that nothing is counted elsewhere says nothing.
func TestControl(t *testing.T) {
	binaries, err := build.Ensure(t.Context(), os.Stderr, build.ControlPlane()...)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(t.Context(), cluster.Options{Binaries: binaries})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	ns, err := c.NewNamespace(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	fake := newFakeWebhook(t, c)
	create, err := dryRun(c.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	good := specimen{name: "good", namespace: ns, image: func() string { return "good.example.com/a:v1" }, pullable: true, weight: 1}
	bad := specimen{name: "bad", namespace: ns, image: func() string { return "bad.example.com/a:v1" }, weight: 1}
	l := &load{create: create, mix: mix([]specimen{good, bad})}
	b := &Bench{cluster: c}

	allow := func(string) *admissionv1.AdmissionResponse { return &admissionv1.AdmissionResponse{Allowed: true} }
	deny := func(string) *admissionv1.AdmissionResponse {
		return &admissionv1.AdmissionResponse{Result: &metav1.Status{Code: 403, Reason: metav1.StatusReasonForbidden, Message: "no"}}
	}
	warn := func(string) *admissionv1.AdmissionResponse {
		return &admissionv1.AdmissionResponse{Allowed: true, Warnings: []string{`image "a" not verified: b`}}
	}
	right := func(image string) *admissionv1.AdmissionResponse {
		if strings.HasPrefix(image, "bad") {
			return deny(image)
		}
		return allow(image)
	}
	fake.set(right)
	// Until the API server has heard of the configuration.
	if err := eventually(t.Context(), 5*time.Minute, 100*time.Millisecond, func(ctx context.Context) error {
		return l.unverifiedKinds(ctx, []specimen{{name: "bad", namespace: ns, image: bad.image}}, newTally())
	}); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		answer answer
		want   map[judgement]bool
	}{
		"is right":         {right, map[judgement]bool{verified: true}},
		"lets all through": {allow, map[judgement]bool{verified: true, wrong: true}},
		"denies all":       {deny, map[judgement]bool{verified: true, wrong: true}},
		"warns":            {warn, map[judgement]bool{unverified: true}},
		"says nothing":     {nil, map[judgement]bool{failed: true}},
	} {
		t.Run(name, func(t *testing.T) {
			fake.set(tc.answer)
			before, err := b.failedCalls(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			counted := newTally()
			stop := l.start(t.Context(), counted)
			all := []judgement{verified, unverified, wrong, failed, notSent}
			if err := eventually(t.Context(), 5*time.Minute, 10*time.Millisecond, func(context.Context) error {
				total := 0
				for _, j := range all {
					total += counted.count(j)
				}
				if total < 20*workers {
					return fmt.Errorf("%d Pods so far", total)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
			stop()
			for _, j := range all {
				if n := counted.count(j); (n > 0) != tc.want[j] {
					t.Errorf("%d are %s: %q", n, j, counted.examples)
				}
			}
			after, err := b.failedCalls(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := counted.count(failed); got != after-before {
				t.Errorf("%d failed calls are counted, and by the API server %d", got, after-before)
			}
		})
	}
}

// fakeWebhook stands where pullgate does.
type fakeWebhook struct{ answer atomic.Pointer[answer] }

// answer is what comes of an image. Nil drops the connection.
type answer func(image string) *admissionv1.AdmissionResponse

func (f *fakeWebhook) set(a answer) { f.answer.Store(&a) }

func newFakeWebhook(t *testing.T, c *cluster.Cluster) *fakeWebhook {
	t.Helper()
	port, err := pullgate.Install(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := failVisibly(t.Context(), c, PatientDeadline); err != nil {
		t.Fatal(err)
	}
	certificates, err := proxy.NewCertificates(pullgate.Service + "." + pullgate.Namespace + ".svc")
	if err != nil {
		t.Fatal(err)
	}
	configurations := c.Client().AdmissionregistrationV1().ValidatingWebhookConfigurations()
	configuration, err := configurations.Get(t.Context(), pullgate.WebhookConfiguration, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range configuration.Webhooks {
		configuration.Webhooks[i].ClientConfig.CABundle = certificates.CA
	}
	if _, err := configurations.Update(t.Context(), configuration, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	listener, err := process.Listen()
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeWebhook{}
	server := &http.Server{Handler: f, TLSConfig: &tls.Config{GetCertificate: certificates.Right}}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	t.Cleanup(func() { _ = server.Close() })
	b, err := balancer.Listen(port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	b.Add(listener.Addr().String(), func(context.Context) error { return nil })
	return f
}

// ServeHTTP answers an AdmissionReview.
func (f *fakeWebhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var review admissionv1.AdmissionReview
	var pod corev1.Pod
	answer := *f.answer.Load()
	if answer == nil || json.NewDecoder(r.Body).Decode(&review) != nil || json.Unmarshal(review.Request.Object.Raw, &pod) != nil {
		panic(http.ErrAbortHandler)
	}
	review.Response = answer(pod.Spec.Containers[0].Image)
	review.Response.UID = review.Request.UID
	review.Request = nil
	_ = json.NewEncoder(w).Encode(review)
}
