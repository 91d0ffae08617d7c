package metrics

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pullgate/pullgate/resolver"
)

// Metrics observes a resolver and the admission handler. It is safe for
// concurrent use.
type Metrics struct {
	registries registries

	images    *prometheus.CounterVec
	answers   *prometheus.CounterVec
	lookups   *prometheus.HistogramVec
	responses *prometheus.CounterVec
	remaining *prometheus.GaugeVec
}

// New makes Metrics and registers what it counts. It fails if that is registered
// already.
func New(registerer prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		images: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pullgate_images_total",
			Help: "Images of admission requests, by the reason of their verdict and by what was done about it: denied, warned, audited or allowed.",
		}, []string{"reason", "outcome"}),
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pullgate_answers_total",
			Help: "Answers for an image and a credential, by where they came from: cache, registry or stale.",
		}, []string{"source"}),
		lookups: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "pullgate_lookup_duration_seconds",
			Help:    "Time that look-ups at registries took, waiting for a turn included, by the reason that they came to.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"reason"}),
		responses: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pullgate_registry_responses_total",
			Help: "HTTP responses of registries, by registry and status class.",
		}, []string{"registry", "code"}),
		remaining: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "pullgate_registry_ratelimit_remaining",
			Help: "Requests that a registry still allows, as it last said in its RateLimit-Remaining header.",
		}, []string{"registry"}),
	}
	for _, c := range []prometheus.Collector{m.images, m.answers, m.lookups, m.responses, m.remaining} {
		if err := registerer.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// ObserveCache exports the number of answers that are kept.
func (m *Metrics) ObserveCache(registerer prometheus.Registerer, entries func() int) error {
	return registerer.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "pullgate_cache_entries",
		Help: "Answers of registries that are kept.",
	}, func() float64 { return float64(entries()) }))
}

// Decided counts what was done about an image of a request.
func (m *Metrics) Decided(reason resolver.Reason, outcome string) {
	m.images.WithLabelValues(string(reason), outcome).Inc()
}

// Answered counts an answer by its source.
func (m *Metrics) Answered(from resolver.Source) { m.answers.WithLabelValues(string(from)).Inc() }

// LookedUp times a look-up, and makes a registry that has an image one to name.
func (m *Metrics) LookedUp(host string, reason resolver.Reason, took time.Duration) {
	if reason == resolver.Pullable {
		m.registries.admit(host)
	}
	m.lookups.WithLabelValues(string(reason)).Observe(took.Seconds())
}

// Responded counts a response, and notes what it says of a rate limit.
func (m *Metrics) Responded(host string, status int, header http.Header) {
	label := m.registries.label(host)
	m.responses.WithLabelValues(label, strconv.Itoa(status/100)+"xx").Inc()
	if label == other {
		return // the limits of many registries are no one number
	}
	if remaining, ok := rateLimitRemaining(header); ok {
		m.remaining.WithLabelValues(label).Set(remaining)
	}
}

// rateLimitRemaining reads a header such as "RateLimit-Remaining: 98;w=21600".
func rateLimitRemaining(header http.Header) (float64, bool) {
	count, _, _ := strings.Cut(header.Get("RateLimit-Remaining"), ";")
	n, err := strconv.ParseUint(strings.TrimSpace(count), 10, 32)
	return float64(n), err == nil
}
