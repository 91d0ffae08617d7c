package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/process"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

// A second replica is asked to end. The API server never calls it, the others
// need the first.
func testSIGTERM(t *testing.T, s *suite) {
	replica, err := pullgate.Start(t.Context(), s.cluster, pullgate.Options{
		Binary: s.binaries[build.Pullgate], CertsD: s.certsD,
	})
	if err != nil {
		t.Fatal(err)
	}
	if code := replica.Stop(); code != 0 {
		t.Errorf("exit code %d, want 0; its log ends:\n%s", code, replica.Log())
	}
	if err := s.server.Ready(t.Context()); err != nil {
		t.Errorf("the first replica: %v", err)
	}
}

// A new replica knows what runs before it is asked.
func testWarmUp(t *testing.T, s *suite) {
	push(t, s.open, "acme/warm", "v1")
	s.create(t, s.namespace(t, nil), pod(openHost+"/acme/warm:v1")).created(t)
	before := len(requestsTo(t, s.open, "acme/warm"))
	replica, err := pullgate.Start(t.Context(), s.cluster, pullgate.Options{
		Binary: s.binaries[build.Pullgate], CertsD: s.certsD, WarmUp: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer replica.Stop()
	eventually(t, "the warm-up", func(context.Context) error {
		if after := len(requestsTo(t, s.open, "acme/warm")); after == before {
			return errors.New("the registry was not asked")
		}
		return nil
	})
}

func testBadConfiguration(t *testing.T, s *suite) {
	const head = "apiVersion: pullgate.dev/v1alpha1\nkind: Configuration\n"
	tests := map[string]struct {
		config string
		args   []string
		want   string
	}{
		"unknown field":      {head + "registreis: {}\n", nil, `config.yaml:3: registreis: unknown field; did you mean "registries"?`},
		"unknown inner":      {head + "cache:\n  tag: 5m\n  tags: 5m\n", nil, "config.yaml:5: cache.tags: unknown field"},
		"field twice":        {head + "cache: {}\ncache: {}\n", nil, "config.yaml:4: cache: is given twice"},
		"unknown level":      {head + "defaults: {enforce: of}\n", nil, `config.yaml:3: defaults.enforce: Unsupported value: "of"`},
		"another kind":       {"apiVersion: pullgate.dev/v1alpha1\nkind: Config\n", nil, `config.yaml:2: kind: must be Configuration, not "Config"`},
		"negative time":      {head + "cache: {tag: -5m}\n", nil, "config.yaml:3: cache.tag: Invalid value"},
		"bad time":           {head + "cache:\n\n  tag: 5 minutes\n", nil, "config.yaml:5: cache.tag: must be a duration"},
		"bad glob":           {head + "exemptions:\n  images:\n  - nginx\n  - '[n'\n", nil, "config.yaml:6: exemptions.images[1]: "},
		"unknown reason":     {head + "reasons: {definite: [Unreachabel]}\n", nil, "config.yaml:3: reasons.definite[0]: "},
		"no such folder":     {head + "registries: {configDir: /does/not/exist}\n", nil, "config.yaml:3: registries.configDir: "},
		"two errors, second": {head + "cache: {tag: soon}\nlimits: {lookupTimeout: never}\n", nil, "config.yaml:4: limits.lookupTimeout: "},
		"no YAML":            {"{", nil, "config.yaml:1: is not valid YAML"},
		"nothing":            {"", nil, "config.yaml: is empty"},
		"unknown flag":       {head, []string{"--prot", "1"}, "prot"},
		"unknown log format": {head, []string{"--log-format", "xml"}, "xml"},
		"missing kubeconfig": {head, []string{"--kubeconfig", "/does/not/exist"}, "/does/not/exist"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "config.yaml")
			if err := os.WriteFile(file, []byte(tc.config), 0o600); err != nil {
				t.Fatal(err)
			}
			out := s.webhookRefuses(t, append([]string{"--config", file}, tc.args...)...)
			if !strings.Contains(out, tc.want) {
				t.Errorf("no word of %q: %s", tc.want, out)
			}
		})
	}
}

// webhookRefuses starts a webhook that does not start, and returns what it says.
func (s *suite) webhookRefuses(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	// The usual ports may be somebody else's.
	args = append([]string{
		"webhook", "--kubeconfig", s.cluster.Kubeconfig(), "--namespace", "nowhere", "--health-bind-address", "127.0.0.1:0", "--metrics-bind-address", "0",
	}, args...)
	cmd := exec.CommandContext(ctx, s.binaries[build.Pullgate], args...)
	cmd.Env = process.Env(t.TempDir())
	out, err := cmd.CombinedOutput()
	if err == nil || ctx.Err() != nil {
		t.Fatalf("it runs: %s", out)
	}
	if strings.Contains(string(out), "goroutine ") {
		t.Errorf("a panic: %s", out)
	}
	return string(out)
}

func testMetrics(t *testing.T, s *suite) {
	body, err := s.metrics(t)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(body, "go_goroutines ") {
		t.Errorf("no metrics: %.200s", body)
	}
}

func (s *suite) metrics(t *testing.T) (string, error) {
	t.Helper()
	return metrics(t.Context(), s.server)
}

func metrics(ctx context.Context, server *pullgate.Server) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.MetricsURL(), nil)
	if err != nil {
		return "", err
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, body)
	}
	return string(body), err
}

// The API server has nothing against what users install, the Deployment
// included: the suite itself changes the Service and leaves that out.
func testManifest(t *testing.T, s *suite) {
	manifest, err := pullgate.Manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.kubectl(t, "apply", "--dry-run=server", "-f", manifest)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(out, "deployment.apps/pullgate created (server dry run)") {
		t.Errorf("no Deployment in it: %s", out)
	}
	if strings.Contains(out, "Warning") {
		t.Errorf("the API server warns: %s", out)
	}
}

func testRights(t *testing.T, s *suite) {
	who := "--as=system:serviceaccount:" + pullgate.Namespace + ":" + pullgate.ServiceAccount
	for what, want := range map[string]string{
		"get secrets -n default":                                 "yes",
		"list secrets -n default":                                "no",
		"watch secrets -n default":                               "no",
		"create secrets -n default":                              "no",
		"update secrets -n default":                              "no",
		"delete secrets -n " + pullgate.Namespace:                "no",
		"create pods -n default":                                 "no",
		"delete validatingwebhookconfigurations":                 "no",
		"patch validatingwebhookconfigurations/another":          "no",
		"patch validatingwebhookconfigurations/pullgate":         "yes",
		"update secrets/pullgate-certs -n " + pullgate.Namespace: "yes",
		"update secrets/another-secret -n " + pullgate.Namespace: "no",
	} {
		args := append([]string{"auth", "can-i", who}, strings.Fields(what)...)
		stdout, stderr, _ := s.cluster.Kubectl(t.Context(), "", args...)
		if got := strings.TrimSpace(stdout); got != want {
			t.Errorf("%s: %q, want %q (%s)", what, got, want, stderr)
		}
	}
}
