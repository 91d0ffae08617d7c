package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/fakeprovider"
	"github.com/pullgate/pullgate/e2e/process"
)

// Whoever interrupts pullgate interrupts what it has started (it is in no shell's
// group of its own): check here, and the webhook.
func testProviderEndsWithPullgate(t *testing.T, s *suite) {
	for name, run := range map[string]func(t *testing.T, c *site, flags []string) (stop func()){
		"check": func(t *testing.T, c *site, flags []string) func() {
			config := filepath.Join(t.TempDir(), "config.yaml")
			content := fmt.Sprintf("apiVersion: pullgate.dev/v1alpha1\nkind: Configuration\nregistries: {configDir: %q}\ncredentialProviders: {timeout: 10m}\n", c.certsD)
			if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			p, err := process.Start(process.Options{
				Name: "check", Path: s.binaries[build.Pullgate], Dir: t.TempDir(), Grace: 2 * time.Minute,
				Args: slices.Concat([]string{"check", "--config", config, "--timeout", "20m"}, flags, []string{acrHost + "/team/app:v1.2.3"}),
			})
			if err != nil {
				t.Fatal(err)
			}
			return func() { p.Stop() }
		},
		"webhook": func(t *testing.T, c *site, flags []string) func() {
			replica, client := s.providing(t, c, "credentialProviders: {timeout: 10m}\n", flags)
			client.url = strings.Replace(client.url, "timeout=30s", "timeout=1s", 1)
			client.review(t, s.namespace(t, nil), acrHost+"/team/app:v1.2.3")
			return func() { replica.Stop() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := s.newSite(t)
			log := filepath.Join(t.TempDir(), "log")
			script := fakeprovider.Script{Log: log, Sleep: fakeprovider.Duration(10 * time.Minute), Child: fakeprovider.Duration(10 * time.Minute)}
			stop := run(t, c, c.flags(t, scriptedProvider(azurePlugin, script, "*.azurecr.io")))
			ran, err := fakeprovider.Wait(t.Context(), log, 1)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { // if pullgate has not
				_ = syscall.Kill(ran[0].Pid, syscall.SIGKILL)
				_ = syscall.Kill(ran[0].Child, syscall.SIGKILL)
			}()
			stop()
			for _, pid := range []int{ran[0].Pid, ran[0].Child} {
				eventually(t, "the end of the plugin", func(context.Context) error { return gone(pid) })
			}
		})
	}
}

// gone succeeds when there is no process with an id, or nobody has reaped it yet.
func gone(pid int) error {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err == nil && !strings.Contains(string(stat), ") Z ") {
		return fmt.Errorf("process %d runs", pid)
	}
	return nil
}
