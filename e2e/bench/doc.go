// Package bench measures what pullgate costs: Pod creations through a real API
// server beside a webhook that looks at nothing, first checks of an image beside a
// bare HEAD, the requests that registries and the API server see, memory, and how
// all that grows.
//
//	bench.go     all that runs; site.go the registry, noop.go the webhook to compare with
//	run.go       what is measured, in which order
//	creation.go  Pods per second, with and without a webhook
//	cold.go      the first check of an image
//	provider.go  Pods whose images a credential provider opens
//	requests.go  what reaches registries and the API server
//	memory.go    start and memory; crowd.go the large cluster
//	growth.go    the cost of a request as things grow
//	inprocess.go the handler alone, by go test -bench
//	result.go    the figures; targets.go which of them were to be what
//	report.go    the table, the JSON and docs/performance.md; plots.go its pictures
//
// Whatever is compared was measured in the same run, in turns: the absolute times
// of a shared machine mean little.
package bench
