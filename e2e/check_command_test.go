package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/process"
)

// The exit codes of the built binary, without a cluster.
func testCheckExitCodes(t *testing.T, s *suite) {
	push(t, s.open, "check/exit", "v1.2.3")
	push(t, s.private, "check/exit", "v1")
	good, bad, down := openHost+"/check/exit:v1.2.3", openHost+"/check/exit:v1.2.4", downHost+"/check/exit:v1"
	for name, tc := range map[string]struct {
		args  []string
		stdin string
		want  int
		words string
	}{
		"pullable":           {[]string{good}, "", 0, "1 image checked: 1 pullable"},
		"definite":           {[]string{good, bad}, "", 1, `tag "v1.2.4" does not exist; did you mean "v1.2.3"?`},
		"unverified":         {[]string{down}, "", 0, "Unreachable"},
		"unverified, strict": {[]string{"--strict", down}, "", 2, "Unreachable"},
		"both, strict":       {[]string{"--strict", down, bad}, "", 1, "Unreachable"},
		"input":              {[]string{bad, "-"}, "a: [", 3, "<stdin>:1: broken YAML"},
		"usage":              {[]string{"--nonsense"}, "", 3, "pullgate: unknown flag"},
		"private":            {[]string{privateHost + "/check/exit:v1"}, "", 0, `may have pull Secrets: there is no cluster to ask`},
	} {
		t.Run(name, func(t *testing.T) {
			c := s.runCheck(t, checkRun{stdin: tc.stdin}, tc.args...)
			c.wantCode(t, tc.want)
			if !strings.Contains(c.stdout+c.stderr, tc.words) {
				t.Errorf("no %q in\n%s%s", tc.words, c.stdout, c.stderr)
			}
		})
	}
}

// Found on the PATH, it is a plugin of the real kubectl, completion included.
func testCheckPlugin(t *testing.T, s *suite) {
	push(t, s.open, "check/plugin", "v1")
	dir := t.TempDir()
	for _, name := range []string{"kubectl-pullgate", "kubectl_complete-pullgate"} {
		if err := os.Symlink(s.binaries[build.Pullgate], filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(dir, "config.yaml")
	writeIn(t, dir, "config.yaml", fmt.Sprintf("apiVersion: pullgate.dev/v1alpha1\nkind: Configuration\nregistries: {configDir: %q}\n%s", s.certsD, patientLimits))
	kubectl := func(t *testing.T, args ...string) checked {
		cmd := exec.CommandContext(t.Context(), s.binaries[build.Kubectl], args...)
		cmd.Env = process.Env(t.TempDir(), "KUBECONFIG="+s.cluster.Kubeconfig(), "PATH="+dir+":"+os.Getenv("PATH"))
		return result(t, cmd, "")
	}
	for name, tc := range map[string]struct {
		args  []string
		want  int
		words string
	}{
		"good image":  {[]string{"pullgate", "check", "--config", config, openHost + "/check/plugin:v1"}, 0, "1 pullable"},
		"bad image":   {[]string{"pullgate", "check", "--config", config, openHost + "/check/plugin:v2"}, 1, "ImageNotFound"},
		"help":        {[]string{"pullgate", "check", "--help"}, 0, "kubectl pullgate check [-f FILE]"},
		"list":        {[]string{"plugin", "list"}, 0, "kubectl-pullgate"},
		"completion":  {[]string{"__complete", "pullgate", "check", "-o", "j"}, 0, "json\n"},
		"a namespace": {[]string{"__complete", "pullgate", "check", "-n", "kube-sys"}, 0, "kube-system\n"},
	} {
		t.Run(name, func(t *testing.T) {
			// Who presses Tab waits for two seconds, and presses it again.
			eventually(t, strings.Join(tc.args, " "), func(context.Context) error {
				c := kubectl(t, tc.args...)
				if c.code == tc.want && strings.Contains(c.stdout, tc.words) {
					return nil
				}
				err := fmt.Errorf("exit code %d, want %d, and %q in\n%s%s", c.code, tc.want, tc.words, c.stdout, c.stderr)
				if tc.args[0] != "__complete" {
					t.Fatal(err)
				}
				return err
			})
		})
	}
}

// A kubeconfig of a cluster that is gone is as good as none, but for a warning.
func testCheckWithoutCluster(t *testing.T, s *suite) {
	push(t, s.open, "check/offline", "v1")
	manifest := "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  imagePullSecrets: [{name: pull}]\n  containers: [{name: c, image: " + openHost + "/check/offline:v1}]\n"
	gone := filepath.Join(t.TempDir(), "gone.kubeconfig")
	ports, err := process.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	writeIn(t, filepath.Dir(gone), filepath.Base(gone), fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://%s"}}]
contexts: [{name: c, context: {cluster: c, user: u, namespace: team}}]
users: [{name: u}]
current-context: c
`, process.Loopback(ports[0])))
	for name, tc := range map[string]struct {
		kubeconfig string
		args       []string
		namespace  string
		warning    string
	}{
		"no kubeconfig": {"", nil, "default", ""},
		"a dead one":    {gone, nil, "team", "warning: the cluster does not answer: "},
		"local":         {gone, []string{"--local"}, "default", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := s.runCheck(t, checkRun{kubeconfig: tc.kubeconfig, stdin: manifest}, append(tc.args, "-o", "json", "-")...)
			c.wantCode(t, 0)
			r := c.report(t)
			if len(r.Items) != 1 || r.Items[0].Reason != "Pullable" || r.Items[0].Object.Namespace != tc.namespace {
				t.Errorf("%+v", r)
			}
			if !strings.HasPrefix(c.stderr, tc.warning) || tc.warning == "" && c.stderr != "" {
				t.Errorf("standard error %q, want %q", c.stderr, tc.warning)
			}
		})
	}
}
