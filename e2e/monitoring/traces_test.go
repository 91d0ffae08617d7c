//go:build monitoring

package monitoring

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// traceparent has a client say that its requests belong to a trace.
type traceparent struct {
	http.RoundTripper
	id string
}

func (p traceparent) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Traceparent", "00-"+p.id+"-00f067aa0ba902b7-01")
	return p.RoundTripper.RoundTrip(req)
}

// A trace that a user begins goes through the API server into pullgate, and on to
// each image and each request to a registry.
func testTraces(t *testing.T, s *scene) {
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	raw, err := hex.DecodeString(id)
	if err != nil {
		t.Fatal(err)
	}
	config := s.cluster.RESTConfig()
	config.Wrap(func(rt http.RoundTripper) http.RoundTripper { return traceparent{rt, id} })
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	image := limitedHost + "/acme/app:traced"
	_, err = client.CoreV1().Pods(s.namespace).Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "traced"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: image}}},
	}, metav1.CreateOptions{})
	if err == nil {
		t.Fatal("a Pod with a missing image is let through")
	}
	err = eventually(t.Context(), func() error {
		got := s.traces.Received()
		// Request, image, and at least one request to the registry.
		if n := strings.Count(got, string(raw)); n < 3 {
			return fmt.Errorf("%d spans of the trace, want 3 or more", n)
		}
		for _, want := range []string{"admission request", "check image", http.MethodHead, image, "ImageNotFound", "denied"} {
			if !strings.Contains(got, want) {
				return fmt.Errorf("no %q in the traces", want)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
