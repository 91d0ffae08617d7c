package cloud

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/fakeprovider"
)

// What the plugins of Google and Azure were seen to answer.
func TestAnswers(t *testing.T) {
	paths, err := build.Ensure(t.Context(), os.Stderr, build.FakeProvider)
	if err != nil {
		t.Fatal(err)
	}
	const head = `{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":`
	const login = `{"username":"_token","password":"t"}`
	for name, tc := range map[string]struct {
		script fakeprovider.Script
		image  string
		want   string
		code   int
		says   bool
	}{
		"Google": {
			script: Google("t"), image: "europe-docker.pkg.dev/p/r/app",
			want: head + `"Image","cacheDuration":"0s","auth":{"*.gcr.io":` + login + `,"*.pkg.dev":` + login +
				`,"container.cloud.google.com":` + login + `,"gcr.io":` + login + `,"europe-docker.pkg.dev":` + login + `}}`,
		},
		"Google fails": {script: GoogleFails(), image: "gcr.io/p/app", want: head + `"Image","cacheDuration":"0s"}`, says: true},
		"Azure": {
			script: Azure("t"), image: "acme.azurecr.io/app",
			want: head + `"Registry","cacheDuration":"1h0m0s","auth":{"*.azurecr.*":{"username":"","password":""},` +
				`"acme.azurecr.io":{"username":"00000000-0000-0000-0000-000000000000","password":"t"}}}`,
		},
		"Azure, another registry's": {script: AzureOther(), image: "ghcr.io/app", want: head + `"Registry","cacheDuration":"0s"}`},
		"Azure fails":               {script: AzureFails(), image: "acme.azurecr.io/app", code: 1, says: true},
		"Amazon": {
			script: Amazon("t"), image: image,
			want: head + `"Registry","cacheDuration":"6h0m0s","auth":{"` + Host + `":{"username":"AWS","password":"t"}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), paths[build.FakeProvider])
			cmd.Env = []string{fakeprovider.Variable + "=" + tc.script.String()}
			cmd.Stdin = strings.NewReader(`{"image":"` + tc.image + `"}`)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			// The order of the keys is by what stands for the host, not by the host.
			if code := cmd.ProcessState.ExitCode(); code != tc.code || sorted(stdout.String()) != sorted(tc.want) {
				t.Errorf("exit code %d, %v:\n%s, want\n%s", code, err, &stdout, tc.want)
			}
			if says := stderr.Len() > 0; says != tc.says || strings.Count(stderr.String(), "\n") > 1 {
				t.Errorf("on its standard error: %q", &stderr)
			}
		})
	}
}

// sorted is a text's parts in an order that does not depend on theirs.
func sorted(text string) string {
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("{},\n", r) })
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}

// Whoever waits for a service that is silent is let go in the end.
func TestCloseEndsSilence(t *testing.T) {
	c := start(t, Options{})
	c.Set(Registry, Silent)
	got := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL()+"/v2/", http.NoBody)
		if err != nil {
			got <- err
			return
		}
		resp, err := (&http.Transport{}).RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		got <- err
	}()
	if err := c.Asked(t.Context(), Registry, 1); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-got:
		t.Fatalf("it was not silent: %v", err)
	default:
	}
	c.Close()
	if err := <-got; err == nil {
		t.Error("it was answered")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Asked(ctx, Registry, 2); err == nil || !strings.Contains(err.Error(), "registry was asked 1 times, not 2") {
		t.Errorf("err = %v", err)
	}
}

func TestCertsD(t *testing.T) {
	c := start(t, Options{})
	dir := t.TempDir()
	if err := c.CertsD(dir, Host); err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{Host, strings.Replace(c.Address(), ":", "_", 1) + "_"} {
		content, err := os.ReadFile(filepath.Join(dir, host, "hosts.toml"))
		if err != nil || !strings.Contains(string(content), `"`+c.URL()+`"`) {
			t.Errorf("%s: %q, %v", host, content, err)
		}
	}
}

func TestUnknownMode(t *testing.T) {
	if _, err := start(t, Options{}).Environment("luck", "pullgate", t.TempDir()); err == nil || !strings.Contains(err.Error(), `"luck"`) {
		t.Errorf("err = %v", err)
	}
}
