package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pullgate/pullgate/resolver"
)

// state is a collector of what is looked up when somebody scrapes.
type state struct {
	desc    *prometheus.Desc
	collect func(set func(value float64, labels ...string))
}

func newState(name, help string, collect func(set func(value float64, labels ...string)), labels ...string) state {
	return state{prometheus.NewDesc(name, help, labels, nil), collect}
}

// Describe sends the one description.
func (s state) Describe(ch chan<- *prometheus.Desc) { ch <- s.desc }

// Collect sends what is the case now.
func (s state) Collect(ch chan<- prometheus.Metric) {
	s.collect(func(value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(s.desc, prometheus.GaugeValue, value, labels...)
	})
}

// ObserveResolver exports the cache of a resolver, and which registries it leaves
// alone. The resolver is asked for each time: another configuration has another.
func (m *Metrics) ObserveResolver(registerer prometheus.Registerer, current func() *resolver.Resolver) error {
	type set = func(value float64, labels ...string)
	return register(registerer,
		newState("pullgate_cache_entries", "Answers of registries that are kept.", func(set set) {
			entries, _ := current().Cached()
			set(float64(entries))
		}),
		newState("pullgate_cache_entries_limit", "Answers of registries that can be kept.", func(set set) {
			_, limit := current().Cached()
			set(float64(limit))
		}),
		newState("pullgate_registry_breaker_open", "Whether a registry is left alone for a while (1), because it has not answered several times in a row.", func(set set) {
			r := current()
			for _, host := range m.registries.all() {
				set(truth(r.LeavesAlone(host)), host)
			}
		}, "registry"))
}

// ObserveReady exports the outcome of each readiness check.
func ObserveReady(registerer prometheus.Registerer, checks map[string]func() error) error {
	return register(registerer, newState("pullgate_ready", "Whether a check of /readyz passes (1) or fails (0).",
		func(set func(float64, ...string)) {
			for name, check := range checks {
				set(truth(check() == nil), name)
			}
		}, "check"))
}

// Certificates are what is to be known of the serving certificate.
type Certificates struct {
	// Serving and CA are when the two expire, zero if that is not known.
	Serving, CA time.Time
	// Synced is whether the last look after them succeeded.
	Synced bool
}

// ObserveCertificates exports when certificates expire.
func ObserveCertificates(registerer prometheus.Registerer, current func() Certificates) error {
	return register(registerer,
		newState("pullgate_certificate_expiration_timestamp_seconds",
			"When a certificate expires, in seconds since 1970: the one that is served, and the CA that signed it where pullgate made both.",
			func(set func(float64, ...string)) {
				c := current()
				for name, at := range map[string]time.Time{"serving": c.Serving, "ca": c.CA} {
					if !at.IsZero() {
						set(float64(at.Unix()), name)
					}
				}
			}, "certificate"),
		newState("pullgate_certificate_last_sync_successful",
			"Whether the last look after the certificates succeeded (1) or failed (0): at the CA's Secret and the caBundle, or at the mounted files.",
			func(set func(float64, ...string)) { set(truth(current().Synced)) }))
}

// ObserveBuild exports what runs.
func ObserveBuild(registerer prometheus.Registerer, version, revision, goVersion string) error {
	return register(registerer, newState("pullgate_build_info", "What runs: 1 for its version, its commit and the Go version that it was built with.",
		func(set func(float64, ...string)) { set(1, version, revision, goVersion) }, "version", "revision", "goversion"))
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
