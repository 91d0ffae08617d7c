package resolver

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// traced begins a span under the context's, if that one is recorded, and returns
// what ends it. Otherwise, which is mostly, it does nothing.
func traced(ctx context.Context, image Image) (context.Context, func(Verdict)) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, func(Verdict) {}
	}
	ctx, span := parent.TracerProvider().Tracer("github.com/pullgate/pullgate/resolver").Start(ctx, "check image",
		trace.WithAttributes(attribute.String("pullgate.image", image.Reference)))
	return ctx, func(v Verdict) {
		span.SetAttributes(
			attribute.String("pullgate.reason", string(v.Reason)),
			attribute.String("pullgate.class", string(v.Class)),
			attribute.String("pullgate.digest", v.Digest),
		)
		span.End()
	}
}
