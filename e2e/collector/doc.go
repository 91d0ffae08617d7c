// Package collector takes traces over HTTP, as an OpenTelemetry collector does, and
// keeps the bytes: what a test looks for, such as a trace's id or a password, is in
// them as it is. That they are decoded right, the product's own tests show.
package collector
