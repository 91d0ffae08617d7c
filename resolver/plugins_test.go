package resolver

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kubeletv1 "k8s.io/kubelet/config/v1"

	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/provider"
)

// The registries of the table of what an answer proves.
const (
	gar   = "europe-docker.pkg.dev"
	acr   = "acme.azurecr.io"
	ecr   = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
	other = "registry.test"
)

// plugin is a credential provider plugin that answers as it is told. It is the Runner
// of the one provider "plugin".
type plugin struct {
	mu   sync.Mutex
	runs int
	// says answers the n-th run, from 0 on; by default as credentialsFor(other, "u", "p").
	says func(ctx context.Context, n int) (provider.Output, error)
}

// Run answers.
func (p *plugin) Run(ctx context.Context, _ provider.Command) (provider.Output, error) {
	p.mu.Lock()
	n, says := p.runs, p.says
	p.runs++
	p.mu.Unlock()
	if says == nil {
		return credentialsFor(other, "u", "p"), nil
	}
	return says(ctx, n)
}

func (p *plugin) wantRuns(t *testing.T, when string, want int) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runs != want {
		t.Errorf("%s: %d runs, want %d", when, p.runs, want)
	}
}

// tell has it answer otherwise from now on.
func (p *plugin) tell(says func(ctx context.Context, n int) (provider.Output, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.says = says
}

// credentialsFor is an answer with a user and a password by registry key, three strings
// for each, for an hour and all images of the registry.
func credentialsFor(auth ...string) provider.Output {
	entries := map[string]any{}
	for i := 0; i+2 < len(auth); i += 3 {
		entries[auth[i]] = map[string]string{"username": auth[i+1], "password": auth[i+2]}
	}
	data, err := json.Marshal(map[string]any{
		"kind": "CredentialProviderResponse", "apiVersion": "credentialprovider.kubelet.k8s.io/v1", "cacheKeyType": "Registry", "cacheDuration": "1h", "auth": entries,
	})
	if err != nil {
		panic(err)
	}
	return provider.Output{Stdout: data}
}

func answering(out provider.Output) *plugin {
	return &plugin{says: func(context.Context, int) (provider.Output, error) { return out, nil }}
}

var errPlugin = errors.New("it ends with exit status 1")

func breaking() *plugin {
	return &plugin{says: func(context.Context, int) (provider.Output, error) { return provider.Output{}, errPlugin }}
}

// aProvider is a provider for any registry.
func aProvider(name string) provider.Provider {
	return provider.Provider{Binary: "/plugins/" + name, CredentialProvider: kubeletv1.CredentialProvider{
		Name: name, APIVersion: "credentialprovider.kubelet.k8s.io/v1", DefaultCacheDuration: &metav1.Duration{Duration: time.Hour},
		MatchImages: []string{other, gar, acr, ecr, other + ":5000"},
	}}
}

// runs has a Resolver run a plugin, as the provider "plugin".
func (r *Resolver) runs(p *plugin) *Resolver {
	r.nodes.UseProviders(provider.New(&provider.Config{Providers: []provider.Provider{aProvider("plugin")}}, provider.Options{Runner: p}))
	return r
}

// runsMany has it run several plugins, each a provider of the name that is its key.
func (r *Resolver) runsMany(plugins map[string]*plugin, order ...string) {
	c := &provider.Config{}
	for _, name := range order {
		c.Providers = append(c.Providers, aProvider(name))
	}
	r.nodes.UseProviders(provider.New(c, provider.Options{Runner: dispatch(plugins)}))
}

// dispatch runs each plugin under its path.
type dispatch map[string]*plugin

// Run runs it.
func (d dispatch) Run(ctx context.Context, c provider.Command) (provider.Output, error) {
	return d[c.Path[len("/plugins/"):]].Run(ctx, c)
}

// hasFile has a Resolver use a node's config.json.
func (r *Resolver) hasFile(t *testing.T, host, username, password string) {
	t.Helper()
	data, err := json.Marshal(map[string]any{"auths": map[string]any{host: map[string]string{"username": username, "password": password}}})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.ParseNodeFile("/var/lib/kubelet/config.json", data)
	if err != nil {
		t.Fatal(err)
	}
	r.nodes.UseFile(ring)
}

// letsIn is a registry that answers as told to who logs in, each by user:password, and
// refuses all others; "" is for who does not.
func letsIn(logins map[string]http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		login := ""
		if user, password, ok := r.BasicAuth(); ok {
			login = user + ":" + password
		}
		if then := logins[login]; then != nil {
			then(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		status(w, http.StatusUnauthorized, "UNAUTHORIZED")
	}
}

// lists answers with a status and an error list.
func lists(code int, errorCode string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { status(w, code, errorCode) }
}

// tokenAttributes are those of a provider that takes ServiceAccounts' tokens.
func tokenAttributes(required *bool) *kubeletv1.ServiceAccountTokenAttributes {
	return &kubeletv1.ServiceAccountTokenAttributes{
		ServiceAccountTokenAudience: "audience", RequireServiceAccount: required, CacheType: kubeletv1.ServiceAccountServiceAccountTokenCacheType,
	}
}
