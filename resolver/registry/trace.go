package registry

import (
	"fmt"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// traced makes a span of each request to a registry or its token server, under
// the context's span if that one is recorded.
//
// Neither path nor query is told: a signed URL is a credential. No error is told in
// words, since it may quote a URL. And the registry is told nothing: which requests
// belong together is nobody's business outside.
type traced struct{ http.RoundTripper }

// RoundTrip passes a request on.
func (t traced) RoundTrip(req *http.Request) (*http.Response, error) {
	parent := trace.SpanFromContext(req.Context())
	if !parent.IsRecording() {
		return t.RoundTripper.RoundTrip(req)
	}
	ctx, span := parent.TracerProvider().Tracer("github.com/pullgate/pullgate/resolver/registry").Start(req.Context(), req.Method,
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(
			attribute.String("http.request.method", req.Method),
			attribute.String("server.address", req.URL.Hostname()),
			attribute.String("url.scheme", req.URL.Scheme),
		))
	defer span.End()
	if port := req.URL.Port(); port != "" {
		span.SetAttributes(attribute.String("server.port", port))
	}
	resp, err := t.RoundTripper.RoundTrip(req.WithContext(ctx))
	if err != nil {
		span.SetAttributes(attribute.String("error.type", fmt.Sprintf("%T", err)))
		span.SetStatus(codes.Error, "")
		return nil, err
	}
	span.SetAttributes(attribute.Int("http.response.status_code", resp.StatusCode))
	if resp.StatusCode >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	return resp, nil
}
