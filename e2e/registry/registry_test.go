package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pullgate/pullgate/e2e/build"
)

func start(t *testing.T, o Options) *Registry {
	t.Helper()
	paths, err := build.Ensure(t.Context(), os.Stderr, build.Registry)
	if err != nil {
		t.Fatal(err)
	}
	o.Binary = paths[build.Registry]
	r, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func push(t *testing.T, r *Registry, repository, tag string) string {
	t.Helper()
	digest, err := r.Push(t.Context(), repository, tag)
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// head asks for a manifest as a node does and returns status and digest.
func head(t *testing.T, r *Registry, repository string, set func(*http.Request)) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, r.URL()+"/v2/"+repository+"/manifests/v1", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json")
	if set != nil {
		set(req)
	}
	resp, err := direct().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Docker-Content-Digest")
}

func TestOpen(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	r := start(t, Options{})
	digest := push(t, r, "acme/app", "v1")
	if status, got := head(t, r, "acme/app", nil); status != http.StatusOK || got != digest {
		t.Errorf("HEAD = %d %s, want 200 %s", status, got, digest)
	}
	head(t, r, "acme/other", nil)
	want := []Request{{"HEAD", "/v2/acme/other/manifests/v1", http.StatusNotFound}}
	got, err := r.RequestsTo("acme/other")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("RequestsTo (-want +got):\n%s", diff)
	}

	r.Stop()
	if err := r.ping(t.Context(), "/v2/"); err == nil {
		t.Error("a stopped registry answers")
	}
	if after, err := r.RequestsTo("acme/other"); err != nil || len(after) != 1 {
		t.Errorf("RequestsTo of a stopped registry = %v, %v", after, err)
	}
	if err := r.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status, got := head(t, r, "acme/app", nil); status != http.StatusOK || got != digest {
		t.Errorf("HEAD after Restart = %d %s, want 200 %s", status, got, digest)
	}

	r.Close()
	left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "pullgate-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := r.Restart(t.Context()); err == nil {
		t.Error("a closed registry restarts")
	}
}

// Who has an answer finds the request, however many are under way.
func TestRequestsAreKnownWithTheirAnswers(t *testing.T) {
	r := start(t, Options{})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for n := range 50 {
				repository := fmt.Sprintf("acme/app-%d-%d", worker, n)
				head(t, r, repository, nil)
				if got, err := r.RequestsTo(repository); err != nil || len(got) != 1 {
					t.Errorf("%s: %v, %v", repository, got, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestHtpasswd(t *testing.T) {
	r := start(t, Options{Mode: Htpasswd, Users: map[string]User{"ci": {Password: "right"}}})
	push(t, r, "acme/app", "v1")
	for password, want := range map[string]int{"": 401, "wrong": 401, "right": 200} {
		got, _ := head(t, r, "acme/app", func(req *http.Request) {
			if password != "" {
				req.SetBasicAuth("ci", password)
			}
		})
		if got != want {
			t.Errorf("with password %q: %d, want %d", password, got, want)
		}
	}
}

func TestToken(t *testing.T) {
	r := start(t, Options{
		Mode:   Token,
		Users:  map[string]User{"ci": {Password: "right", Pull: []string{"acme/app"}}},
		Public: []string{"acme/public"},
	})
	for _, repository := range []string{"acme/app", "acme/public", "acme/other"} {
		push(t, r, repository, "v1")
	}
	tests := map[string]struct {
		get        func(ctx context.Context, scope string) *http.Request
		tokens     int
		wantStatus map[string]int
	}{
		"POST, right password":    {r.post("ci", "right"), 200, map[string]int{"acme/app": 200, "acme/public": 200, "acme/other": 401}},
		"POST, wrong password":    {r.post("ci", "wrong"), 401, nil},
		"GET, right password":     {r.get("ci", "right"), 200, map[string]int{"acme/app": 200, "acme/public": 200, "acme/other": 401}},
		"GET, wrong password":     {r.get("ci", "wrong"), 401, nil},
		"GET, without a password": {r.get("", ""), 200, map[string]int{"acme/app": 401, "acme/public": 200, "acme/other": 401}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			for _, repository := range []string{"acme/app", "acme/public", "acme/other"} {
				resp, err := direct().RoundTrip(tc.get(t.Context(), "repository:"+repository+":pull"))
				if err != nil {
					t.Fatal(err)
				}
				if resp.StatusCode != tc.tokens {
					t.Fatalf("the token server answers %s, want %d", resp.Status, tc.tokens)
				}
				if tc.tokens != http.StatusOK {
					continue
				}
				var answer struct {
					Token string `json:"token"`
				}
				if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
				got, _ := head(t, r, repository, func(req *http.Request) {
					req.Header.Set("Authorization", "Bearer "+answer.Token)
				})
				if want := tc.wantStatus[repository]; got != want {
					t.Errorf("HEAD %s = %d, want %d", repository, got, want)
				}
			}
		})
	}
	if got, want := r.TokenRequests(), 3*len(tests); got != want {
		t.Errorf("TokenRequests = %d, want %d", got, want)
	}
}

func (r *Registry) post(user, password string) func(context.Context, string) *http.Request {
	return func(ctx context.Context, scope string) *http.Request {
		form := url.Values{
			"grant_type": {"password"}, "username": {user}, "password": {password},
			"service": {tokenService}, "scope": {scope}, "client_id": {"test"},
		}
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, r.tokens.url+"/token", strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return req
	}
}

func (r *Registry) get(user, password string) func(context.Context, string) *http.Request {
	return func(ctx context.Context, scope string) *http.Request {
		query := url.Values{"service": {tokenService}, "scope": {scope}}
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, r.tokens.url+"/token?"+query.Encode(), nil)
		if user != "" {
			req.SetBasicAuth(user, password)
		}
		return req
	}
}

func TestCertsD(t *testing.T) {
	dir := t.TempDir()
	r := &Registry{port: 5000}
	token := &Registry{port: 5001, tokens: &tokenServer{url: "http://127.0.0.1:5002"}}
	if err := CertsD(dir, map[string]*Registry{"a.example.com": r, "b.example.com": token}); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"a.example.com/hosts.toml":   "server = \"http://127.0.0.1:5000\"\n",
		"b.example.com/hosts.toml":   "server = \"http://127.0.0.1:5001\"\n",
		"127.0.0.1_5002_/hosts.toml": "server = \"http://127.0.0.1:5002\"\n",
	} {
		got, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil || string(got) != want {
			t.Errorf("%s = %q, %v, want %q", file, got, err, want)
		}
	}
}

func TestParseAccessLog(t *testing.T) {
	const log = `time="2026-11-22T10:00:00Z" level=info msg="listening"
127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /v2/?e2e-marker=1& HTTP/1.1" 200 2 "" "Go-http-client/1.1"
127.0.0.1 - ci [22/Nov/2026:10:00:01 +0000] "HEAD /v2/acme/app/manifests/v1?ns=registry.example.com HTTP/1.1" 404 96 "" "containerd/2"
127.0.0.1 - - [22/Nov/2026:10:00:02 +0000] "GET /v2/acme/app/tags/list HTTP/1.1" 401 87 "" "a \"quoted\" agent"
127.0.0.1 - - [22/Nov/2026:10:00:03 +0000] "GET /v2/cut`
	want := []Request{
		{"HEAD", "/v2/acme/app/manifests/v1", 404},
		{"GET", "/v2/acme/app/tags/list", 401},
	}
	if diff := cmp.Diff(want, parseAccessLog(log)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
