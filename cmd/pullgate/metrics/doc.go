// Package metrics counts what the webhook and the resolver do, for Prometheus.
//
//	metrics.go      all metrics that count; New registers them
//	observe.go      what is told of requests, images and registries → counts
//	registries.go   which registries are named in labels
//	state.go        what is looked up when somebody scrapes
//	nodecredentials.go  what becomes of credential providers and the nodes' config.json
//
// Strangers write image names, so no label holds what they wrote: a registry is
// a label only once it has answered for an image, and only so many are. All
// other labels have a fixed set of values. docs/metrics.md lists them.
package metrics
