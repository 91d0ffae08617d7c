package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/pullgate"
)

// testBadReviews speaks to the server as only a broken or hostile client would.
func testBadReviews(t *testing.T, s *suite) {
	client, err := s.webhookClient(t, s.server)
	if err != nil {
		t.Fatal(err)
	}
	review := func(request string) string {
		return `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":` + request + `}`
	}
	request := func(object string) string {
		return `{"uid":"7","operation":"CREATE","kind":{"version":"v1","kind":"Pod"},"resource":{"version":"v1","resource":"pods"},` +
			`"namespace":"default","object":` + object + `}`
	}
	tests := map[string]struct {
		method      string
		contentType string
		body        string
	}{
		"not JSON":     {body: "<review/>"},
		"cut JSON":     {body: review(request(`{"spec":`))[:80]},
		"nothing":      {body: ""},
		"null":         {body: "null"},
		"a list":       {body: "[]"},
		"no request":   {body: `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}`},
		"null request": {body: review("null")},
		"another kind": {body: `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"}}`},
		"an object of another kind": {body: review(`{"uid":"8","operation":"CREATE","kind":{"version":"v1","kind":"ConfigMap"},` +
			`"resource":{"version":"v1","resource":"configmaps"},"namespace":"default","object":{"apiVersion":"v1","kind":"ConfigMap"}}`)},
		"another content type": {contentType: "text/xml", body: review(request("{}"))},
		"another method":       {method: http.MethodGet},
		"too large":            {body: review(request(`{"metadata":{"name":"` + strings.Repeat("x", 32<<20) + `"}}`))},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			answer, err := client.send(t, tc.method, tc.contentType, tc.body)
			if err != nil {
				t.Fatal(err)
			}
			answer.wantError(t)
			if err := s.server.Healthy(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("an object that is no Pod", func(t *testing.T) {
		answer, err := client.send(t, "", "", review(request(`{"spec":{"containers":"none"}}`)))
		if err != nil {
			t.Fatal(err)
		}
		answer.wantAllowed(t, "7")
		if warnings := answer.review(t).Response.Warnings; len(warnings) != 1 {
			t.Errorf("warnings %q, want one", warnings)
		}
	})
	t.Run("a deletion", func(t *testing.T) {
		answer, err := client.send(t, "", "", review(`{"uid":"8","operation":"DELETE","kind":{"version":"v1","kind":"Pod"},`+
			`"resource":{"version":"v1","resource":"pods"},"namespace":"default"}`))
		if err != nil {
			t.Fatal(err)
		}
		answer.wantAllowed(t, "8")
	})
}

// webhookClient speaks to a server with the trust that the API server has: the
// caBundle, and the Service's name in the certificate.
type webhookClient struct {
	url  string
	http *http.Client
}

func (s *suite) webhookClient(t *testing.T, server *pullgate.Server) (*webhookClient, error) {
	t.Helper()
	configuration, err := s.cluster.Client().AdmissionregistrationV1().ValidatingWebhookConfigurations().
		Get(t.Context(), pullgate.WebhookConfiguration, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(configuration.Webhooks[0].ClientConfig.CABundle) {
		return nil, errors.New("the caBundle holds no certificate")
	}
	config := &tls.Config{RootCAs: roots, ServerName: pullgate.Service + "." + pullgate.Namespace + ".svc"}
	return &webhookClient{
		url:  "https://" + server.Address() + "/validate?timeout=30s",
		http: &http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: 5 * time.Minute},
	}, nil
}

type answer struct {
	status int
	body   []byte
}

func (c *webhookClient) send(t *testing.T, method, contentType, body string) (answer, error) {
	t.Helper()
	if method == "" {
		method = http.MethodPost
	}
	if contentType == "" {
		contentType = "application/json"
	}
	req, err := http.NewRequestWithContext(t.Context(), method, c.url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, fmt.Errorf("no answer: %w", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return answer{resp.StatusCode, b}, err
}

// wantError requires an error that a client understands: an HTTP status of the
// 400s with a text, or an AdmissionReview whose status has such a code and a
// message.
func (a answer) wantError(t *testing.T) {
	t.Helper()
	text, code := string(bytes.TrimSpace(a.body)), a.status
	if a.status == http.StatusOK {
		response := a.review(t).Response
		if response.Allowed || response.Result == nil {
			t.Fatalf("no error: %s", text)
		}
		text, code = response.Result.Message, int(response.Result.Code)
	}
	if code < 400 || code >= 500 {
		t.Errorf("code %d, want one of the 400s: %s", code, a.body)
	}
	if text == "" || len(text) > hostileLimit {
		t.Errorf("a message of %d bytes: %.200q", len(text), text)
	}
}

// wantAllowed requires an AdmissionReview that lets the request through.
func (a answer) wantAllowed(t *testing.T, uid string) {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("HTTP status %d: %s", a.status, a.body)
	}
	review := a.review(t)
	if review.Kind != "AdmissionReview" || review.APIVersion != "admission.k8s.io/v1" {
		t.Errorf("the answer is a %s %s", review.APIVersion, review.Kind)
	}
	if r := review.Response; string(r.UID) != uid || !r.Allowed {
		t.Errorf("uid %q, allowed %v, want %q and true", r.UID, r.Allowed, uid)
	}
}

// review decodes the answer. To what is no AdmissionReview, the answer need not
// have a kind either.
func (a answer) review(t *testing.T) admissionv1.AdmissionReview {
	t.Helper()
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(a.body, &review); err != nil {
		t.Fatalf("the answer is no JSON: %v: %.200q", err, a.body)
	}
	if review.Response == nil {
		t.Fatalf("the answer has no response: %.500s", a.body)
	}
	return review
}
