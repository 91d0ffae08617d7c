package e2e

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/process"
)

// checkRun is how a `pullgate check` is run.
type checkRun struct {
	kubeconfig string // none if ""
	certsD     string // the suite's if ""
	registries string // added to the configuration file's registries, as ", name: value"
	config     string // added to the configuration file, patientLimits if ""
	env        []string
	stdin      string
}

// checkReport is what a machine reads of -o json, as far as it is needed here.
type checkReport struct {
	Summary struct {
		Pullable     int `json:"pullable"`
		Definite     int `json:"definite"`
		Images       int `json:"images"`
		OtherObjects int `json:"otherObjects"`
	} `json:"summary"`
	Items  []checkItem `json:"items"`
	Errors []any       `json:"errors"`
}

type checkItem struct {
	Object struct {
		Kind      string `json:"kind"`
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
	} `json:"object"`
	Fields []struct {
		Path string `json:"path"`
		Line int    `json:"line"`
	} `json:"fields"`
	Image   string `json:"image"`
	Class   string `json:"class"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// checked is what a user of `pullgate check` sees.
type checked struct {
	code           int
	stdout, stderr string
}

// patientLimits let a look-up take as long as it does on a busy machine.
const patientLimits = "limits: {lookupTimeout: 2m}\n"

// check runs the built binary as the cluster's administrator.
func (s *suite) check(t *testing.T, args ...string) checked {
	t.Helper()
	return s.runCheck(t, checkRun{kubeconfig: s.cluster.Kubeconfig()}, args...)
}

func (s *suite) runCheck(t *testing.T, r checkRun, args ...string) checked {
	t.Helper()
	if r.certsD == "" {
		r.certsD = s.certsD
	}
	config := filepath.Join(t.TempDir(), "config.yaml")
	content := fmt.Sprintf("apiVersion: pullgate.dev/v1alpha1\nkind: Configuration\nregistries: {configDir: %q%s}\n%s", r.certsD, r.registries, cmp.Or(r.config, patientLimits))
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), s.binaries[build.Pullgate], append([]string{"check", "--config", config, "--timeout", "20m"}, args...)...)
	cmd.Dir = t.TempDir()
	cmd.Env = process.Env(t.TempDir(), r.env...)
	if r.kubeconfig != "" {
		cmd.Env = append(cmd.Env, "KUBECONFIG="+r.kubeconfig)
	}
	return result(t, cmd, r.stdin)
}

// result runs a command.
func result(t *testing.T, cmd *exec.Cmd, stdin string) checked {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	c := checked{code: cmd.ProcessState.ExitCode(), stdout: out.String(), stderr: errs.String()}
	for _, text := range []string{c.stdout, c.stderr} {
		if strings.Contains(text, password) || strings.ContainsAny(text, "\x1b\r") {
			t.Errorf("a password or a control character in the output:\n%s", text)
		}
	}
	return c
}

// report decodes the output of -o json.
func (c checked) report(t *testing.T) checkReport {
	t.Helper()
	var r checkReport
	if err := json.Unmarshal([]byte(c.stdout), &r); err != nil {
		t.Fatalf("%v: %.500q; standard error: %s", err, c.stdout, c.stderr)
	}
	return r
}

func (c checked) wantCode(t *testing.T, want int) {
	t.Helper()
	if c.code != want {
		t.Errorf("exit code %d, want %d:\n%s\n%s", c.code, want, c.stdout, c.stderr)
	}
}

// itemsOf are the items of one object.
func itemsOf(r checkReport, namespace, kind, name string) (items []checkItem) {
	for _, i := range r.Items {
		if o := i.Object; o.Namespace == namespace && o.Kind == kind && o.Name == name {
			items = append(items, i)
		}
	}
	return items
}

// sameAsWebhook requires that the items of an object say what the webhook warned
// of, word for word, and nothing else.
func sameAsWebhook(t *testing.T, object string, items []checkItem, warnings []string) {
	t.Helper()
	said := 0
	for _, i := range items {
		how := map[string]string{"definite": " cannot be pulled: ", "unverified": " not verified: ", "pullable": ": "}[i.Class]
		if i.Message == "" {
			continue
		}
		said++
		var fields []string
		for _, f := range i.Fields {
			fields = append(fields, f.Path)
		}
		want := fmt.Sprintf("image %q (%s)%s%s", i.Image, strings.Join(fields, ", "), how, i.Message)
		found := false
		for _, w := range warnings {
			// The webhook cuts long ones.
			found = found || w == want || strings.HasSuffix(w, "…") && strings.HasPrefix(want, strings.TrimSuffix(w, "…"))
		}
		if !found {
			t.Errorf("%s: check says %q (%s), the webhook %q", object, want, i.Reason, warnings)
		}
	}
	if said != len(warnings) {
		t.Errorf("%s: check says something of %d images, the webhook %q", object, said, warnings)
	}
}
