package nodecredentials

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pullgate/pullgate/resolver/provider"
)

// The values of the label result.
const (
	success = "success"
	failure = "failure"
)

// Metrics count the runs of credential providers.
type Metrics struct {
	runs      *prometheus.CounterVec
	durations *prometheus.HistogramVec
	providers prometheus.Gauge
	nodeFile  prometheus.Gauge
}

// NewMetrics makes Metrics.
func NewMetrics() *Metrics {
	return &Metrics{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pullgate_credential_provider_runs_total",
			Help: "Runs of credential provider plugins, by provider and by whether they had an answer that a node would take.",
		}, []string{"provider", "result"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "pullgate_credential_provider_run_duration_seconds",
			Help:    "Time that runs of credential provider plugins took.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"provider"}),
		providers: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "pullgate_credential_provider_config_last_reload_successful",
			Help: "Whether the credential provider configuration, as it was last read, is in force (1) or was refused (0).",
		}),
		nodeFile: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "pullgate_node_config_last_reload_successful",
			Help: "Whether the nodes' config.json, as it was last read, is in force (1) or was refused (0).",
		}),
	}
}

// Ran counts a run. It is the provider.Observer.
func (m *Metrics) Ran(name string, took time.Duration, err error) {
	result := success
	if err != nil {
		result = failure
	}
	m.runs.WithLabelValues(name, result).Inc()
	m.durations.WithLabelValues(name).Observe(took.Seconds())
}

// Register registers what there is to count, by the files that are read.
func (m *Metrics) Register(registerer prometheus.Registerer, s *Source) error {
	var collectors []prometheus.Collector
	if s.flags.ProviderConfig != "" {
		m.providers.Set(1)
		collectors = append(collectors, m.runs, m.durations, m.providers, states{s})
		for _, state := range s.nodes.Providers().States() { // there from the start, so that a first increase shows
			m.runs.WithLabelValues(state.Provider, success)
			m.runs.WithLabelValues(state.Provider, failure)
		}
	}
	if s.flags.NodeConfig != "" {
		m.nodeFile.Set(1)
		collectors = append(collectors, m.nodeFile)
	}
	var errs []error
	for _, c := range collectors {
		errs = append(errs, registerer.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	return nil
}

func (m *Metrics) reloaded(ok bool) { m.providers.Set(truth(ok)) }

func (m *Metrics) nodeFileReloaded(ok bool) { m.nodeFile.Set(truth(ok)) }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// states collects how the providers do when somebody scrapes.
type states struct{ source *Source }

func backingOff() *prometheus.Desc {
	return prometheus.NewDesc("pullgate_credential_provider_backing_off",
		"Whether a credential provider is left alone for a while for any registry (1), because it failed.", []string{"provider"}, nil)
}

func oldest() *prometheus.Desc {
	return prometheus.NewDesc("pullgate_credential_provider_credentials_oldest_timestamp_seconds",
		"When the oldest credentials that are kept were obtained, in seconds since 1970, by credential provider.", []string{"provider"}, nil)
}

// Describe sends the descriptions.
func (states) Describe(ch chan<- *prometheus.Desc) {
	ch <- backingOff()
	ch <- oldest()
}

// Collect sends what is the case now.
func (s states) Collect(ch chan<- prometheus.Metric) {
	for _, state := range s.source.nodes.Providers().States() {
		ch <- prometheus.MustNewConstMetric(backingOff(), prometheus.GaugeValue, truth(state.BacksOff), state.Provider)
		if !state.Oldest.IsZero() {
			ch <- prometheus.MustNewConstMetric(oldest(), prometheus.GaugeValue, float64(state.Oldest.Unix()), state.Provider)
		}
	}
}

var _ provider.Observer = (*Metrics)(nil)
