package nodecredentials

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pullgate/pullgate/cmd/pullgate/metrics"
	"github.com/pullgate/pullgate/cmd/pullgate/reload"
	"github.com/pullgate/pullgate/resolver/provider"
)

// secret stands wherever a file has room for one.
const secret = "hunter2"

// plugins runs every plugin: each has the user that its path ends in. It counts runs.
type plugins struct {
	mu   sync.Mutex
	runs map[string]int
}

// Run answers.
func (p *plugins) Run(_ context.Context, c provider.Command) (provider.Output, error) {
	name := filepath.Base(c.Path)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runs == nil {
		p.runs = map[string]int{}
	}
	p.runs[name]++
	return provider.Output{Stdout: fmt.Appendf(nil, `{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1",
		"cacheKeyType":"Registry","auth":{"registry.test":{"username":%q,"password":%q}}}`, name, secret)}, nil
}

// files are the files of the flags, with what is made of them.
type files struct {
	Flags
	t        *testing.T
	plugins  plugins
	warnings []string
	log      strings.Builder

	*Source
	counted  *metrics.NodeCredentials
	registry *prometheus.Registry
	watchers []*reload.Watcher
}

// newFiles makes a folder with plugins, a configuration of these providers, "" for none,
// and a config.json with these logins, "" for none. Nothing is read yet.
func newFiles(t *testing.T, providers, logins string) *files {
	t.Helper()
	dir := t.TempDir()
	f := &files{t: t, counted: metrics.NewNodeCredentials(), registry: prometheus.NewRegistry()}
	bin := filepath.Join(dir, "bin")
	for _, name := range []string{"one", "two", "three"} {
		f.write(filepath.Join(bin, name), "")
		if err := os.Chmod(filepath.Join(bin, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if providers != "" {
		f.ProviderConfig, f.ProviderBinDir = filepath.Join(dir, "providers.yaml"), bin
		f.write(f.ProviderConfig, providers)
	}
	if logins != "" {
		f.NodeConfig = filepath.Join(dir, "config.json")
		f.write(f.NodeConfig, logins)
	}
	return f
}

func (f *files) write(path, text string) {
	f.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// load reads the files.
func (f *files) load() error {
	var err error
	log := funcr.New(func(_, args string) { fmt.Fprintln(&f.log, args) }, funcr.Options{})
	f.Source, err = Load(f.Flags, provider.Options{Runner: &f.plugins, Observer: f.counted, Log: log}, func(w string) { f.warnings = append(f.warnings, w) })
	if err != nil {
		return err
	}
	f.t.Cleanup(f.Close)
	f.watchers = f.Watchers(f.counted)
	return f.Register(f.registry, f.counted)
}

func (f *files) mustLoad() {
	f.t.Helper()
	if err := f.load(); err != nil {
		f.t.Fatal(err)
	}
}

// polls looks at all files so many times.
func (f *files) polls(n int) {
	for range n {
		for _, w := range f.watchers {
			w.Poll()
		}
	}
}

// users are those of the credentials that providers have for registry.test.
func (f *files) users() string {
	a := f.NodeCredentials().Providers().Ask(f.t.Context(), provider.Question{Repository: "registry.test/app", Tokens: provider.NoTokens, Timeout: time.Hour}).Wait(f.t.Context())
	var users []string
	for _, c := range a.Credentials {
		users = append(users, c.Username)
	}
	return strings.Join(users, " ")
}

// scrape is what Prometheus gets.
func (f *files) scrape() string {
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(f.registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return answer.Body.String()
}

func (f *files) wantMetric(when, line string) {
	f.t.Helper()
	if !strings.Contains("\n"+f.scrape(), "\n"+line+"\n") {
		f.t.Errorf("%s: no %s in\n%s", when, line, f.scrape())
	}
}

// providersOf is a configuration of providers, each with more lines of its own.
func providersOf(names ...string) string {
	text := "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n"
	for _, name := range names {
		name, more, _ := strings.Cut(name, " ")
		text += fmt.Sprintf("- {name: %s, apiVersion: credentialprovider.kubelet.k8s.io/v1, matchImages: [registry.test], defaultCacheDuration: 1h, env: [{name: A, value: %s}]%s}\n", name, secret, more)
	}
	return text
}

// loginsOf is a config.json.
func loginsOf(password string) string {
	return fmt.Sprintf(`{"auths":{"registry.test":{"auth":%q}}}`, base64.StdEncoding.EncodeToString([]byte("u:"+password)))
}
