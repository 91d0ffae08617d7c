package metrics

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/webhook"
)

// Decided counts what was done about an image of a request.
func (m *Metrics) Decided(v resolver.Verdict, outcome webhook.Outcome) {
	m.images.WithLabelValues(string(v.Reason), string(v.Class), string(outcome)).Inc()
}

// Handled times an admission request.
func (m *Metrics) Handled(outcome webhook.Outcome, took, budget time.Duration) {
	m.durations[outcome].Observe(took.Seconds())
	if budget > 0 {
		m.budget.Set(budget.Seconds())
	}
}

// Answered counts an answer by its source.
func (m *Metrics) Answered(source resolver.Source) { m.answers[source].Inc() }

// LookedUp times a look-up, and makes a registry that has an image one to name.
func (m *Metrics) LookedUp(host string, reason resolver.Reason, took time.Duration) {
	if reason == resolver.Pullable {
		m.registries.admit(host)
	}
	m.lookups.WithLabelValues(string(reason)).Observe(took.Seconds())
}

// Responded counts a request to a registry, and notes what the response says of
// a rate limit.
func (m *Metrics) Responded(host string, status int, header http.Header) {
	label := m.registries.label(host)
	m.requests.WithLabelValues(label, statusClass(status)).Inc()
	if label == other {
		return // the limits of many registries are no one number
	}
	for name, gauge := range map[string]*prometheus.GaugeVec{"RateLimit-Remaining": m.remaining, "RateLimit-Limit": m.limit} {
		if n, ok := rateLimit(header.Get(name)); ok {
			gauge.WithLabelValues(label).Set(n)
		}
	}
}

// statusClass is, say, "2xx".
func statusClass(status int) string {
	if status < 100 || status > 599 {
		return "error"
	}
	return strconv.Itoa(status/100) + "xx"
}

// rateLimit reads a header such as "98;w=21600".
func rateLimit(header string) (float64, bool) {
	count, _, _ := strings.Cut(header, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(count), 10, 32)
	return float64(n), err == nil
}
