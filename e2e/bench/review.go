package bench

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/pullgate/pullgate/e2e/pullgate"
)

// reviewer calls the webhook as the API server does, without the API server: to
// see the webhook's own time.
type reviewer struct {
	client *http.Client
	url    string
}

func (b *Bench) newReviewer(ctx context.Context, server *pullgate.Server) (*reviewer, error) {
	c, err := b.client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(ctx, pullgate.WebhookConfiguration, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(c.Webhooks[0].ClientConfig.CABundle) {
		return nil, errors.New("the caBundle is no PEM certificate")
	}
	return &reviewer{
		client: &http.Client{Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{RootCAs: roots, ServerName: pullgate.Service + "." + pullgate.Namespace + ".svc", MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2: true, MaxIdleConnsPerHost: clients,
		}},
		url: "https://" + server.Address() + "/validate?timeout=5s",
	}, nil
}

// review is the creation of a Pod.
func review(pod *corev1.Pod) ([]byte, error) {
	pod = pod.DeepCopy()
	pod.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
	raw, err := json.Marshal(pod)
	if err != nil {
		return nil, err
	}
	return json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request: &admissionv1.AdmissionRequest{
			UID: "bench", Operation: admissionv1.Create, Namespace: pod.Namespace,
			Kind: metav1.GroupVersionKind{Version: "v1", Kind: "Pod"}, Resource: metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
			Object: runtime.RawExtension{Raw: raw},
		},
	})
}

// ask sends a Pod for review, and returns how long the answer took. Any but a
// silent yes is an error.
func (r *reviewer) ask(ctx context.Context, pod *corev1.Pod) (time.Duration, error) {
	body, err := review(pod)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	begun := time.Now()
	resp, err := r.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	took := time.Since(begun)
	if err != nil {
		return 0, err
	}
	var answer admissionv1.AdmissionReview
	if err := json.Unmarshal(content, &answer); err != nil {
		return 0, fmt.Errorf("answered %q: %w", content, err)
	}
	if a := answer.Response; a == nil || !a.Allowed || len(a.Warnings) > 0 {
		return 0, fmt.Errorf("answered %s", content)
	}
	return took, nil
}
