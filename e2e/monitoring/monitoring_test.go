//go:build monitoring

package monitoring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

func promtool(t *testing.T, stdin []byte, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "promtool", args...)
	cmd.Dir, cmd.Stdin = root(t), bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("promtool %v: %v\n%s", args, err, out)
	}
}

func TestRules(t *testing.T) {
	promtool(t, nil, "check", "rules", alertsFile)
	promtool(t, nil, "test", "rules", "deploy/alerts_test.yaml")
}

// TestMonitoring starts all that there is, makes things happen, and holds what is
// written about metrics against what Prometheus has scraped.
func TestMonitoring(t *testing.T) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	t.Cleanup(stop)
	s, err := newScene(ctx, t.TempDir(), root(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.server.stop()
		s.cluster.Stop()
	})
	for _, step := range []func(context.Context) error{s.failedCalls, s.startReplicas, s.drive} {
		if err := step(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]func(*testing.T, *scene){
		"metrics": testMetrics, "reference": testReference, "dashboard": testDashboard, "alerts": testAlerts, "traces": testTraces,
	} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
	s.stopReplicas()
	s.wantActive(t, "PullgateDown")
}

// What a replica serves is what promtool takes for good style. Of the others'
// metrics it has opinions too; ours have to be without fault.
func testMetrics(t *testing.T, s *scene) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.replicas[0].MetricsURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := direct().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v", resp.Status, err)
	}
	var ours []byte
	for line := range bytes.Lines(body) {
		if bytes.Contains(line, []byte("pullgate_")) {
			ours = append(ours, line...)
		}
	}
	if len(ours) == 0 {
		t.Fatal("no metrics of pullgate's own")
	}
	promtool(t, ours, "check", "metrics")
}

// docs/metrics.md has every metric that there is, as it is scraped, and no other.
func testReference(t *testing.T, s *scene) {
	list, err := s.server.families(t.Context(), "pullgate_")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root(t), referenceFile)
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want, err := withTable(string(page), table(list))
	if err != nil {
		t.Fatal(err)
	}
	if string(page) == want {
		return
	}
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Fatalf("%s is not what is scraped; `make monitoring UPDATE_DOCS=1` writes it anew. It should have:\n%s", referenceFile, table(list))
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// has requires an expression to come to something, and soon.
func (s *scene) has(t *testing.T, expr string) (samples []sample) {
	t.Helper()
	err := eventually(t.Context(), func() (err error) {
		if samples, err = s.server.query(t.Context(), expr); err != nil {
			return err
		}
		if !slices.ContainsFunc(samples, func(s sample) bool { return s.Value[1] != "NaN" }) {
			return errors.New("comes to nothing")
		}
		return nil
	})
	if err != nil {
		t.Errorf("%s: %v", expr, err)
	}
	return samples
}

// Every query of the dashboard shows something of this run, and every legend has
// its labels.
func testDashboard(t *testing.T, s *scene) {
	d, err := readDashboard(root(t))
	if err != nil {
		t.Fatal(err)
	}
	queries := 0
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			queries++
			samples := s.has(t, filled(target.Expr))
			for _, label := range legendLabels(target.LegendFormat) {
				if !slices.ContainsFunc(samples, func(s sample) bool { return s.Metric[label] != "" }) {
					t.Errorf("%s: no label %s in the series of %s", p.Title, label, target.Expr)
				}
			}
		}
	}
	if queries == 0 {
		t.Error("the dashboard has no queries")
	}
	for _, v := range d.Templating.List[1:] {
		s.has(t, selectors(filled(v.Definition))[0])
	}
}

// Every alert reads metrics that there are, with labels that they have; Prometheus
// evaluates it without an error; and those whose cause is here are on their way.
func testAlerts(t *testing.T, s *scene) {
	alerts, err := readAlerts(root(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range alerts {
		if len(selectors(a.Expr)) == 0 {
			t.Errorf("%s reads no metric: %s", a.Alert, a.Expr)
		}
		for _, metric := range selectors(a.Expr) {
			s.has(t, metric)
		}
	}
	s.wantActive(t, "PullgateConfigurationRefused", "PullgateRegistryUnreachable", "PullgateImagesUnverified", "PullgateRateLimitNearlyUsed",
		"PullgateCallsFailOpen", "PullgateCallsRejected", "PullgateCredentialProviderFailing")
	rules, err := s.server.rules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(rules) != len(alerts) {
		t.Errorf("Prometheus has %d rules, want %d", len(rules), len(alerts))
	}
	for _, r := range rules {
		if r.Health != "ok" {
			t.Errorf("%s: %s: %s", r.Name, r.Health, r.LastError)
		}
	}
}

// wantActive requires that the causes of these alerts are there, or were: they are
// pending, or firing. Some pass again while a busy machine looks at other things.
func (s *scene) wantActive(t *testing.T, names ...string) {
	t.Helper()
	err := eventually(t.Context(), func() error {
		active, err := s.server.query(t.Context(), "max by (alertname) (max_over_time(ALERTS[1h]))")
		if err != nil {
			return err
		}
		missing := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return slices.ContainsFunc(active, func(s sample) bool { return s.Metric["alertname"] == name })
		})
		if len(missing) > 0 {
			return fmt.Errorf("inactive, though the cause is there: %v", missing)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
