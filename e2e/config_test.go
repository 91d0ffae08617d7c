package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/process"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

// A replica of its own follows its file, without a restart. It is asked directly,
// since the API server calls only the first replica.
func testConfigReload(t *testing.T, s *suite) {
	replica, err := pullgate.Start(t.Context(), s.cluster, pullgate.Options{
		Binary: s.binaries[build.Pullgate], CertsD: s.certsD, Config: "defaults:\n  enforce: definite\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer replica.Stop()
	client, err := s.webhookClient(t, replica)
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		name, config       string
		allowed            bool // then
		success, failures  int  // so far
		successful         int  // the last reload
		wantLog, unwantLog string
	}{
		{"at start", "", false, 0, 0, 1, "configuration in force", "refused"},
		{"warn only", "defaults:\n  enforce: off\n", true, 1, 0, 1, "configuration applied", "refused"},
		{"bad level", "defaults:\n  enforce: of\n", true, 1, 1, 0, `config.yaml:7: defaults.enforce: Unsupported value: \"of\"`, ""},
		{"bad as a whole", "defaults:\n  enforce: strict\ncaches: {}\n", true, 1, 2, 0, `config.yaml:8: caches: unknown field; did you mean \"cache\"?`, ""},
		{"mended", "defaults:\n  enforce: strict\n", false, 2, 2, 1, "", ""},
		{"exempt", "exemptions:\n  images: ['No *']\n", true, 3, 2, 1, "", ""},
	}
	hashes := map[string]bool{}
	for _, step := range steps {
		if step.config != "" {
			if err := replica.Configure(step.config); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, step.name, func(ctx context.Context) error {
			return reloaded(ctx, replica, step.success, step.failures, step.successful)
		})
		answer, err := client.send(t, "", "", badImageReview)
		if err != nil {
			t.Fatal(err)
		}
		if got := answer.review(t).Response.Allowed; got != step.allowed {
			t.Errorf("%s: allowed = %v, want %v: %s", step.name, got, step.allowed, answer.body)
		}
		log := wholeLog(t, replica)
		if !strings.Contains(log, step.wantLog) || step.unwantLog != "" && strings.Contains(log, step.unwantLog) {
			t.Errorf("%s: the log has no %s, or has %q:\n%s", step.name, step.wantLog, step.unwantLog, log)
		}
		if step.successful == 1 {
			hashes[hashInForce(t, replica)] = true
		}
	}
	if len(hashes) != 4 {
		t.Errorf("4 versions were in force, with the hashes %v", hashes)
	}
	// However often it was read since.
	if n := strings.Count(wholeLog(t, replica), "configuration refused"); n != 2 {
		t.Errorf("%d lines of a refusal, want 2", n)
	}
	if err := replica.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

const badImageReview = `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"9","operation":"CREATE",` +
	`"kind":{"version":"v1","kind":"Pod"},"resource":{"version":"v1","resource":"pods"},"namespace":"default",` +
	`"object":{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"web","image":"No Image"}]}}}}`

// reloaded succeeds when the metrics say so.
func reloaded(ctx context.Context, server *pullgate.Server, successes, failures, successful int) error {
	body, err := metrics(ctx, server)
	if err != nil {
		return err
	}
	for _, want := range []string{
		fmt.Sprintf("\npullgate_config_reloads_total{result=\"success\"} %d\n", successes),
		fmt.Sprintf("\npullgate_config_reloads_total{result=\"failure\"} %d\n", failures),
		fmt.Sprintf("\npullgate_config_last_reload_successful %d\n", successful),
	} {
		if !strings.Contains(body, want) {
			return fmt.Errorf("no %q in the metrics; the log ends:\n%s", want, server.Log())
		}
	}
	return nil
}

var configInfo = regexp.MustCompile(`(?m)^pullgate_config_info{hash="([0-9a-f]{12})"} 1$`)

func hashInForce(t *testing.T, server *pullgate.Server) string {
	t.Helper()
	body, err := metrics(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	m := configInfo.FindAllStringSubmatch(body, -1)
	if len(m) != 1 {
		t.Fatalf("want one version in force: %q", m)
	}
	return m[0][1]
}

func wholeLog(t *testing.T, server *pullgate.Server) string {
	t.Helper()
	log, err := os.ReadFile(server.LogFile())
	if err != nil {
		t.Fatal(err)
	}
	return string(log)
}

// What `config print` prints is a file that means the same, and a bad file is
// told with an exit code.
func testConfigPrint(t *testing.T, s *suite) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yaml")
	show := func(content string) (string, error) {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), s.binaries[build.Pullgate], "config", "print", "--config", file)
		cmd.Env = process.Env(dir)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	const head = "apiVersion: pullgate.dev/v1alpha1\nkind: Configuration\n"
	printed, err := show(head + "defaults: {enforce: off}\n")
	if err != nil || !strings.HasPrefix(printed, head) || !strings.Contains(printed, "  enforce: off\n  warn: strict\n") {
		t.Errorf("%v: %s", err, printed)
	}
	if again, err := show(printed); err != nil || again != printed {
		t.Errorf("%v: what was printed is printed as\n%s", err, again)
	}
	out, err := show(head + "defaults: {enforce: of}\n")
	if want := "pullgate: " + file + ":3: defaults.enforce: "; err == nil || !strings.HasPrefix(out, want) {
		t.Errorf("%v: want an error with %s: %s", err, want, out)
	}
}
