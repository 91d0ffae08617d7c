package registry

import (
	"context"
	"fmt"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

type spanKey struct{}

// hideSpan leaves the context's span to traced alone: containerd's authorizer makes
// spans of its own, with the whole URL in them.
func hideSpan(ctx context.Context) context.Context {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return ctx
	}
	return trace.ContextWithSpan(context.WithValue(ctx, spanKey{}, span), noop.Span{})
}

// traced makes a span of each request to a registry or its token server, under
// the span that hideSpan has kept for it.
//
// Neither path nor query is told: a signed URL is a credential. No error is told in
// words, since it may quote a URL. And the registry is told nothing: which requests
// belong together is nobody's business outside.
type traced struct{ http.RoundTripper }

// RoundTrip passes a request on.
func (t traced) RoundTrip(req *http.Request) (*http.Response, error) {
	parent, ok := req.Context().Value(spanKey{}).(trace.Span)
	if !ok {
		return t.RoundTripper.RoundTrip(req)
	}
	under := trace.ContextWithSpan(req.Context(), parent)
	_, span := parent.TracerProvider().Tracer("github.com/pullgate/pullgate/resolver/registry").Start(under, req.Method,
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
	resp, err := t.RoundTripper.RoundTrip(req)
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
