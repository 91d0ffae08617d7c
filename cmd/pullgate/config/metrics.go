package config

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics tell whether the file that is there is the one in force.
type metrics struct {
	successful prometheus.Gauge
	succeeded  prometheus.Gauge
	reloads    *prometheus.CounterVec
	info       *prometheus.GaugeVec
}

// The values of the label result.
const (
	success = "success"
	failure = "failure"
)

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		successful: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "pullgate_config_last_reload_successful",
			Help: "Whether the configuration file, as it was last read, is in force (1) or was refused (0).",
		}),
		succeeded: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "pullgate_config_last_reload_success_timestamp_seconds",
			Help: "When the configuration in force came into force, in seconds since 1970.",
		}),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pullgate_config_reloads_total",
			Help: "Changes of the configuration file since the start, by whether they came into force.",
		}, []string{"result"}),
		info: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "pullgate_config_info",
			Help: "The configuration in force: 1 for the beginning of its file's SHA-256.",
		}, []string{"hash"}),
	}
	// Counters that are there from the start, so that their first increase shows.
	m.reloads.WithLabelValues(success)
	m.reloads.WithLabelValues(failure)
	var errs []error
	for _, c := range []prometheus.Collector{m.successful, m.succeeded, m.reloads, m.info} {
		errs = append(errs, registerer.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return m, nil
}

// inForce notes what is in force from now on.
func (m *metrics) inForce(hash string) {
	m.successful.Set(1)
	m.succeeded.SetToCurrentTime()
	m.info.Reset()
	m.info.WithLabelValues(hash).Set(1)
}

func (m *metrics) applied(hash string) {
	m.inForce(hash)
	m.reloads.WithLabelValues(success).Inc()
}

func (m *metrics) refused() {
	m.successful.Set(0)
	m.reloads.WithLabelValues(failure).Inc()
}
