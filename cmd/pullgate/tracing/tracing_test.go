package tracing

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/registry/registrytest"
	"github.com/pullgate/pullgate/webhook"
)

// receiver decodes what an OTLP collector is sent.
type receiver struct {
	mu    sync.Mutex
	spans []*tracepb.Span
	raw   strings.Builder
	names map[string]string // attributes of the resource
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	var export coltracepb.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &export)
	}
	if err != nil || req.URL.Path != "/v1/traces" {
		http.Error(w, "no traces", http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.raw.Write(body)
	for _, resource := range export.GetResourceSpans() {
		for _, a := range resource.GetResource().GetAttributes() {
			r.names[a.GetKey()] = a.GetValue().GetStringValue()
		}
		for _, scope := range resource.GetScopeSpans() {
			r.spans = append(r.spans, scope.GetSpans()...)
		}
	}
}

// attributes of a span, as text.
func attributes(span *tracepb.Span) map[string]string {
	m := map[string]string{}
	for _, a := range span.GetAttributes() {
		m[a.GetKey()] = a.GetValue().GetStringValue()
		if n := a.GetValue().GetIntValue(); n == http.StatusNotFound {
			m[a.GetKey()] = "404"
		}
	}
	return m
}

// labels and accounts are a cluster's in which nothing is set.
type labels struct{}

func (labels) Labels(context.Context, string) (map[string]string, error) { return nil, nil }

type accounts struct{}

func (accounts) PullSecrets(context.Context, string, string, bool) ([]corev1.LocalObjectReference, bool, error) {
	return nil, false, nil
}

// newHandler is the admission handler before a registry that redirects to a signed
// URL, and has nothing there. seen hears of each request that comes to it.
func newHandler(t *testing.T, seen func(*http.Request)) http.Handler {
	t.Helper()
	dir, _ := registrytest.Serve(t, "registry.test", http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		seen(req)
		if strings.HasPrefix(req.URL.Path, "/v2/") {
			http.Redirect(w, req, "/planted-path?signature=planted-query", http.StatusTemporaryRedirect)
			return
		}
		w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
		w.WriteHeader(http.StatusNotFound)
	}))
	config := resolver.DefaultConfig()
	config.Registries.ConfigDir = dir
	checker, err := resolver.New(config, "test")
	if err != nil {
		t.Fatal(err)
	}
	return webhook.NewHandler(&webhook.Validator{
		Config: webhook.DefaultConfig(), Namespaces: labels{},
		Examiner: webhook.Examiner{Checker: checker, Secrets: webhook.NewSecrets(nil), Accounts: accounts{}},
	})
}

const review = `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"7","operation":"CREATE","kind":{"version":"v1","kind":"Pod"},` +
	`"name":"web","namespace":"team-a","object":{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"a","image":"registry.test/acme/app:v1"}]}}}}`

const (
	traceID  = "4bf92f3577b34da6a3ce929d0e0e4736"
	parentID = "00f067aa0ba902b7"
)

// send sends a review. The tests are in bubbles, where no time passes while anybody may
// hear from a socket: the deadline is never over.
func send(t *testing.T, h http.Handler, traceparent string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/validate?timeout=5s", strings.NewReader(review))
	req.Header.Set("Content-Type", "application/json")
	if traceparent != "" {
		req.Header.Set("Traceparent", traceparent)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"allowed":false`) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
}

// A request is a trace: the API server's, down to each request to a registry, and
// nothing in it that would let anybody in anywhere.
func TestTraces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		collector := &receiver{names: map[string]string{}}
		server := httptest.NewServer(collector)
		defer server.Close()
		t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
		t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "k8s.cluster.name=test")
		provider, err := Start(t.Context(), Options{Version: "v1", Log: logr.Discard(), Getenv: os.Getenv})
		if err != nil || provider == nil {
			t.Fatal(provider, err)
		}
		var told []string
		handler := newHandler(t, func(r *http.Request) { told = append(told, r.Header.Get("Traceparent")) })
		send(t, webhook.WithTracing(handler, provider), "00-"+traceID+"-"+parentID+"-01")
		if err := provider.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}

		byName := map[string]*tracepb.Span{}
		for _, span := range collector.spans {
			if id := hex.EncodeToString(span.GetTraceId()); id != traceID {
				t.Errorf("%s is of the trace %s", span.GetName(), id)
			}
			byName[span.GetName()] = span
		}
		request, image, head := byName["admission request"], byName["check image"], byName[http.MethodHead]
		if request == nil || image == nil || head == nil {
			t.Fatalf("spans: %v", byName)
		}
		if got := hex.EncodeToString(request.GetParentSpanId()); got != parentID {
			t.Errorf("the request's parent is %s", got)
		}
		if hex.EncodeToString(image.GetParentSpanId()) != hex.EncodeToString(request.GetSpanId()) || hex.EncodeToString(head.GetParentSpanId()) != hex.EncodeToString(image.GetSpanId()) {
			t.Error("the spans are not one below the other")
		}
		for span, want := range map[*tracepb.Span]map[string]string{
			request: {"pullgate.outcome": "denied", "k8s.namespace.name": "team-a", "pullgate.kind": "Pod"},
			image:   {"pullgate.image": "registry.test/acme/app:v1", "pullgate.class": "definite"},
			head:    {"http.request.method": "HEAD", "server.address": "127.0.0.1", "http.response.status_code": "404"},
		} {
			for key, value := range want {
				if got := attributes(span)[key]; got != value {
					t.Errorf("%s: %s is %q, want %q", span.GetName(), key, got, value)
				}
			}
		}
		if collector.names["service.name"] != "pullgate" || collector.names["k8s.cluster.name"] != "test" {
			t.Errorf("resource: %v", collector.names)
		}
		if strings.Contains(collector.raw.String(), "planted") {
			t.Error("a signed URL is in the traces")
		}
		if len(told) < 2 || strings.Join(told, "") != "" {
			t.Errorf("the registry is told of the trace: %q", told)
		}
	})
}

// What the API server does not sample is not traced.
func TestNotSampled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		collector := &receiver{names: map[string]string{}}
		server := httptest.NewServer(collector)
		defer server.Close()
		t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", server.URL+"/v1/traces")
		provider, err := Start(t.Context(), Options{Log: logr.Discard(), Getenv: os.Getenv})
		if err != nil || provider == nil {
			t.Fatal(provider, err)
		}
		send(t, webhook.WithTracing(newHandler(t, func(*http.Request) {}), provider), "00-"+traceID+"-"+parentID+"-00")
		if err := provider.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(collector.spans) > 0 {
			t.Errorf("spans: %v", collector.spans)
		}
	})
}

func TestEnabled(t *testing.T) {
	for name, tc := range map[string]struct {
		env  map[string]string
		want bool
		err  string
	}{
		"nothing":           {nil, false, ""},
		"endpoint":          {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, true, ""},
		"endpoint of these": {map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, true, ""},
		"disabled":          {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}, false, ""},
		"none":              {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"}, false, ""},
		"another exporter":  {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "zipkin"}, false, `"zipkin" is not one of`},
		"gRPC":              {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, false, `"grpc" is not http/protobuf`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := enabled(func(key string) string { return tc.env[key] })
			if got != tc.want || (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%t, %v", got, err)
			}
		})
	}
}
