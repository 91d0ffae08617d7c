package tracing

import (
	"cmp"
	"context"
	"fmt"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Options configure tracing.
type Options struct {
	// Version is the service's.
	Version string
	// Log is told of traces that could not be sent.
	Log logr.Logger
	// Getenv is os.Getenv: the switches are read by it, and all else by
	// OpenTelemetry itself.
	Getenv func(string) string
}

// Start returns a provider that sends spans, nil if the environment asks for none.
// Shutdown of the provider sends what is left.
func Start(ctx context.Context, o Options) (*sdktrace.TracerProvider, error) {
	on, err := enabled(o.Getenv)
	if err != nil || !on {
		return nil, err
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("set up tracing: %w", err)
	}
	// What the environment says comes last, and wins.
	service, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", "pullgate"), attribute.String("service.version", o.Version)),
		resource.WithFromEnv(),
	)
	if err != nil {
		return nil, fmt.Errorf("set up tracing: OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	// The one setting that is for the whole process only.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { o.Log.Error(err, "traces not sent") }))
	// The sampler is OTEL_TRACES_SAMPLER's; without, what the API server says of its
	// trace, and all that come without one.
	return sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(service)), nil
}

// enabled tells whether the environment asks for traces, in a way that there is
// here.
func enabled(getenv func(string) string) (bool, error) {
	if getenv("OTEL_SDK_DISABLED") == "true" || cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), getenv("OTEL_EXPORTER_OTLP_ENDPOINT")) == "" {
		return false, nil
	}
	switch exporter := getenv("OTEL_TRACES_EXPORTER"); exporter {
	case "", "otlp":
	case "none":
		return false, nil
	default:
		return false, fmt.Errorf("OTEL_TRACES_EXPORTER: %q is not one of otlp, none", exporter)
	}
	protocol := cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), getenv("OTEL_EXPORTER_OTLP_PROTOCOL"), "http/protobuf")
	if protocol != "http/protobuf" {
		return false, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL: %q is not http/protobuf, which pullgate speaks: to port 4318 of a collector, mostly", protocol)
	}
	return true, nil
}
