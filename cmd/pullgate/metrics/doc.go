// Package metrics counts what the webhook and the resolver do, for Prometheus.
//
// Strangers write image names, so no label holds what they wrote: a registry is
// a label only once it has answered for an image, and only so many are. All
// other labels have a fixed set of values.
package metrics
