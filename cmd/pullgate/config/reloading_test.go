package config

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pullgate/pullgate/cmd/pullgate/reload"
	"github.com/pullgate/pullgate/webhook"
)

// reloading is a Reloader with what it does and says.
type reloading struct {
	*reload.Watcher
	path     string
	registry *prometheus.Registry
	log      bytes.Buffer
	applied  []webhook.Level // defaults.enforce
	fail     error           // of the next Apply
}

func newReloading(t *testing.T, path string) *reloading {
	t.Helper()
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &reloading{path: path, registry: prometheus.NewRegistry()}
	r.Watcher, err = NewReloader(ReloaderOptions{
		Path: path, InForce: c, Registerer: r.registry,
		Log: logr.FromSlogHandler(slog.NewTextHandler(&r.log, nil)),
		Apply: func(c Configuration) error {
			if r.fail != nil {
				return r.fail
			}
			r.applied = append(r.applied, c.Defaults.Enforce)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// pollTwice is how often content has to be met to be judged.
func (r *reloading) pollTwice() {
	r.Poll()
	r.Poll()
}

func (r *reloading) wantApplied(t *testing.T, want ...webhook.Level) {
	t.Helper()
	if diff := cmp.Diff(want, r.applied); diff != "" {
		t.Errorf("applied (-want +got):\n%s", diff)
	}
}

// wantMetrics requires the number of reloads, and whether what is there is in
// force.
func (r *reloading) wantMetrics(t *testing.T, successes, failures int, successful bool) {
	t.Helper()
	inForce := 0
	if successful {
		inForce = 1
	}
	want := fmt.Sprintf(`pullgate_config_info{hash=%q} 1
pullgate_config_last_reload_successful %d
pullgate_config_reloads_total{result="failure"} %d
pullgate_config_reloads_total{result="success"} %d
`, r.InForce(), inForce, failures, successes)
	var got strings.Builder
	for line := range strings.Lines(r.scrape()) {
		if !strings.HasPrefix(line, "#") && !strings.Contains(line, "timestamp") {
			got.WriteString(line)
		}
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

// scrape is what Prometheus gets.
func (r *reloading) scrape() string {
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(r.registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return answer.Body.String()
}

func (r *reloading) refusals() int { return strings.Count(r.log.String(), "configuration refused") }

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// enforce is a file that sets one level.
func enforce(l webhook.Level) string {
	return header + "defaults:\n  enforce: " + string(l) + "\n"
}
