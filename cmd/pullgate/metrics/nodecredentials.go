package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pullgate/pullgate/resolver/provider"
)

// The values of the label result.
const (
	success = "success"
	failure = "failure"
)

// NodeCredentials counts what becomes of the credentials that nodes bring by themselves:
// of the runs of credential providers, and of the files that say which there are.
type NodeCredentials struct {
	runs      *prometheus.CounterVec
	durations *prometheus.HistogramVec
	providers prometheus.Gauge
	nodeFile  prometheus.Gauge
}

// NewNodeCredentials makes NodeCredentials, of which nothing is registered yet.
func NewNodeCredentials() *NodeCredentials {
	return &NodeCredentials{
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
func (m *NodeCredentials) Ran(name string, took time.Duration, err error) {
	result := success
	if err != nil {
		result = failure
	}
	m.runs.WithLabelValues(name, result).Inc()
	m.durations.WithLabelValues(name).Observe(took.Seconds())
}

// RegisterProviders registers what there is to count of credential providers. Those in
// force are asked for each time.
func (m *NodeCredentials) RegisterProviders(registerer prometheus.Registerer, current func() []provider.State) error {
	m.providers.Set(1)
	for _, s := range current() { // there from the start, so that a first increase shows
		m.runs.WithLabelValues(s.Provider, success)
		m.runs.WithLabelValues(s.Provider, failure)
	}
	return register(registerer, m.runs, m.durations, m.providers,
		newState("pullgate_credential_provider_backing_off",
			"Whether a credential provider is left alone for a while for any registry (1), because it failed.",
			func(set func(float64, ...string)) {
				for _, s := range current() {
					set(truth(s.BacksOff), s.Provider)
				}
			}, "provider"),
		newState("pullgate_credential_provider_credentials_oldest_timestamp_seconds",
			"When the oldest credentials that are kept were obtained, in seconds since 1970, by credential provider.",
			func(set func(float64, ...string)) {
				for _, s := range current() {
					if !s.Oldest.IsZero() {
						set(float64(s.Oldest.Unix()), s.Provider)
					}
				}
			}, "provider"))
}

// RegisterNodeFile registers what there is to count of the nodes' config.json.
func (m *NodeCredentials) RegisterNodeFile(registerer prometheus.Registerer) error {
	m.nodeFile.Set(1)
	return register(registerer, m.nodeFile)
}

// ProvidersReloaded notes whether a changed configuration came into force.
func (m *NodeCredentials) ProvidersReloaded(ok bool) { m.providers.Set(truth(ok)) }

// NodeFileReloaded does the same for the config.json.
func (m *NodeCredentials) NodeFileReloaded(ok bool) { m.nodeFile.Set(truth(ok)) }

var _ provider.Observer = (*NodeCredentials)(nil)
