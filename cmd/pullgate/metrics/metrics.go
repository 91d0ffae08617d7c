package metrics

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/webhook"
)

// Metrics observes a resolver and the admission handler. It is safe for
// concurrent use.
type Metrics struct {
	registries registries

	images    *prometheus.CounterVec
	lookups   *prometheus.HistogramVec
	requests  *prometheus.CounterVec
	remaining *prometheus.GaugeVec
	limit     *prometheus.GaugeVec
	budget    prometheus.Gauge

	// Looked up once, for what is counted in a Pod's path.
	durations map[webhook.Outcome]prometheus.Observer
	answers   map[resolver.Source]prometheus.Counter
}

// New makes Metrics and registers what it counts. It fails if that is registered
// already.
func New(registerer prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		images: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pullgate_images_total",
			Help: "Images of admission requests, by the reason and class of their verdict and by what was done about it: denied, warned, audited or allowed.",
		}, []string{"reason", "class", "outcome"}),
		lookups: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "pullgate_lookup_duration_seconds",
			Help:    "Time that look-ups at registries took, waiting for a turn included, by the reason that they came to.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"reason"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pullgate_registry_requests_total",
			Help: "Requests to registries, by registry and class of the response's status, which is \"error\" where there was no response.",
		}, []string{"registry", "code"}),
		remaining: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "pullgate_registry_ratelimit_remaining",
			Help: "Requests that a registry still allows, as it last said in its RateLimit-Remaining header.",
		}, []string{"registry"}),
		limit: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "pullgate_registry_ratelimit_limit",
			Help: "Requests that a registry allows in all, as it last said in its RateLimit-Limit header.",
		}, []string{"registry"}),
		budget: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "pullgate_request_budget_seconds",
			Help: "Time that there was for the last admission request: the API server's timeout, less a margin.",
		}),
		durations: map[webhook.Outcome]prometheus.Observer{},
		answers:   map[resolver.Source]prometheus.Counter{},
	}
	durations := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "pullgate_request_duration_seconds",
		Help: "Time that admission requests took, by what was done: denied, warned, audited, allowed, skipped (nothing to check), exempt, failed_open (could not be judged) or refused (no valid request).",
		// From what a cache answers up to the API server's timeouts, more of them
		// where alerts are.
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3, 4, 5, 10},
	}, []string{"outcome"})
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "pullgate_answers_total",
		Help: "Answers for an image and a credential, by where they came from: cache, registry or stale (the cache, because the registry could not be asked).",
	}, []string{"source"})
	// All of them are there from the start, so that the first increase shows.
	for _, o := range webhook.Outcomes() {
		m.durations[o] = durations.WithLabelValues(string(o))
	}
	for _, s := range []resolver.Source{resolver.FromCache, resolver.FromRegistry, resolver.FromStale} {
		m.answers[s] = answers.WithLabelValues(string(s))
	}
	for _, r := range []resolver.Reason{resolver.Overloaded, resolver.InternalError} {
		m.images.WithLabelValues(string(r), string(r.Class()), string(webhook.Warned))
	}
	return m, register(registerer, m.images, m.lookups, m.requests, m.remaining, m.limit, m.budget, durations, answers)
}

func register(registerer prometheus.Registerer, collectors ...prometheus.Collector) error {
	var errs []error
	for _, c := range collectors {
		errs = append(errs, registerer.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	return nil
}
