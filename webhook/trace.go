package webhook

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// WithTracing makes a span of each request, as part of the trace that the API
// server names in the header traceparent, if it does. What is below finds the span
// in the context, and makes spans of its own under it.
func WithTracing(next http.Handler, provider trace.TracerProvider) http.Handler {
	tracer := provider.Tracer("github.com/pullgate/pullgate/webhook")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := tracer.Start(ctx, "admission request", trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// describe tells the request's span, if there is one, what it was about.
func describe(ctx context.Context, req admission.Request, outcome Outcome) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(
		attribute.String("pullgate.outcome", string(outcome)),
		attribute.String("k8s.namespace.name", req.Namespace),
		attribute.String("pullgate.kind", req.Kind.Kind),
		attribute.String("pullgate.name", req.Name),
		attribute.String("pullgate.operation", string(req.Operation)),
		attribute.String("pullgate.request.uid", string(req.UID)),
	)
}
