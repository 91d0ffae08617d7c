// Package tracing sends OpenTelemetry traces, where the environment says so:
// without OTEL_EXPORTER_OTLP_ENDPOINT there are none, and they cost nothing.
//
// The settings are OpenTelemetry's own environment variables, so that what
// operators know and inject holds here as well. docs/monitoring.md has them.
package tracing
