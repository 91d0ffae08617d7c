// Package monitoring holds alerts, dashboard and docs/metrics.md against a real
// run: the built binary behind a real API server, scraped by a real Prometheus.
//
//	scene.go       all that runs, and what is done so that every metric has something to say
//	prometheus.go  the Prometheus server and its API
//	providers.go   the credential providers: one that answers, one that fails
//	files.go       the alerts, the dashboard's queries, the runbooks
//	reference.go   docs/metrics.md, from what was scraped
//
// The tests that need Prometheus (Debian's package prometheus) have the build tag
// monitoring: `make monitoring` runs them.
package monitoring
