package differential

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	credentialproviderapi "k8s.io/kubelet/pkg/apis/credentialprovider"

	"github.com/pullgate/pullgate/e2e/kubeletplugin"
	"github.com/pullgate/pullgate/resolver/provider"
)

// world is what both sides of FuzzProviderLookup live in.
type world struct {
	generator
	seed      uint64
	exact     bool
	providers []worldProvider
	epoch     int
	mu        sync.Mutex // pullgate runs plugins at the same time
	runs      []ran
	failed    map[string]bool // by ran.line, in this epoch
	history   []string
}

// worldProvider is a provider of a world.
type worldProvider struct {
	name      string
	fields    object
	token     bool
	cacheType string
	// required tells that it is not run for a Pod without a ServiceAccount.
	required bool
}

// ran is a run of a plugin.
type ran struct {
	provider, image, token, annotations string
	failed                              bool
}

// String is all there is to it.
func (r ran) String() string {
	return fmt.Sprintf("%s for %s with %q %q, failed: %v", r.provider, r.image, r.token, r.annotations, r.failed)
}

// line is for what a plugin that has failed is left alone: a registry, on behalf of
// one ServiceAccount.
func (r ran) line() string {
	host, _, _ := strings.Cut(r.image, "/")
	return strings.Join([]string{r.provider, host, r.token, r.annotations}, " ")
}

func (w *world) provider(n int) worldProvider {
	p := worldProvider{name: providerName(n)}
	var patterns []string
	for range 1 + w.IntN(3) {
		patterns = append(patterns, w.pick("r.io", "*.io", "*.r.io", "r.io/a", "r.io/te", "r.io:5000", "*.io:5000", "docker.io", "index.docker.io", "*.*"))
	}
	p.fields = object{
		{"name", quoted(p.name)}, {"matchImages", quotedAll(patterns...)}, {"apiVersion", quoted("credentialprovider.kubelet.k8s.io/v1")},
		{"defaultCacheDuration", quoted(w.duration("10m", "1h", "2h"))},
	}
	if w.IntN(3) == 0 {
		p.token, p.cacheType, p.required = true, w.pick("ServiceAccount", "Token"), w.IntN(2) == 0
		t := object{
			{"serviceAccountTokenAudience", quoted("a")}, {"requireServiceAccount", scalar(fmt.Sprint(p.required))}, {"cacheType", quoted(p.cacheType)},
		}
		if p.required && w.IntN(2) == 0 {
			t = append(t, field{"requiredServiceAccountAnnotationKeys", quotedAll("x.io/role")})
		} else if w.IntN(2) == 0 {
			t = append(t, field{"optionalServiceAccountAnnotationKeys", quotedAll("x.io/role", "x.io/hint")})
		}
		p.fields = append(p.fields, field{"tokenAttributes", t})
	}
	return p
}

// duration is how long an answer is kept; in an exact world one of those for which
// both sides do the same.
func (w *world) duration(exact ...string) string {
	if w.exact {
		return w.pick(exact...)
	}
	return w.pick("0s", "1s", "1m", "10m", "1h", "6h", "7h", "12h", "100h")
}

func (w *world) config() string {
	var providers []any
	for _, p := range w.providers {
		providers = append(providers, p.fields)
	}
	return asJSON(object{{"apiVersion", quoted("kubelet.config.k8s.io/v1")}, {"kind", quoted("CredentialProviderConfig")}, {"providers", providers}})
}

// dice are the same whenever they are thrown for the same.
func (w *world) dice(of ...any) generator {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %q", w.seed, of)
	return generator{rand.New(rand.NewPCG(h.Sum64(), 5))}
}

// answer is what a plugin answers, "" for nothing: that is a failure.
func (w *world) answer(name, image, token, annotations string) string {
	n := slices.IndexFunc(w.providers, func(p worldProvider) bool { return p.name == name })
	p := w.providers[n]
	host, _, _ := strings.Cut(image, "/")
	// What fails, and what is kept how long, must not depend on which image is asked
	// for first, or pullgate's back-off changes what comes of the others.
	of := []any{name, w.epoch}
	if w.exact {
		of = append(of, host, token, annotations)
	} else {
		of = of[:1]
	}
	g := w.dice(of...)
	if g.IntN(5) == 0 {
		return g.pick("", "nonsense", `{"kind":"CredentialProviderResponse"}`)
	}
	echo := g.IntN(6) == 0
	if w.exact {
		g = w.dice(append(of, image)...)
	}
	auth := object{}
	for range g.IntN(4) {
		key := g.pick("r.io", "*.io", "r.io/a", "r.io/team", "r.io:5000", "x.r.io", "docker.io", "https://index.docker.io/v1/", "z.io", "*.*", "")
		if key == "" && w.exact {
			key = host
		}
		password := fmt.Sprint("of ", name, " ", g.IntN(100))
		if echo && token != "" {
			password = token
		}
		auth = append(auth, field{key, object{{"username", quoted(g.mostly("u", ""))}, {"password", quoted(password)}}})
	}
	answer := object{
		{"kind", quoted("CredentialProviderResponse")}, {"apiVersion", quoted("credentialprovider.kubelet.k8s.io/v1")},
		{"cacheKeyType", quoted(g.pick("Image", "Registry", "Global"))}, {"auth", uniqueKeys(auth)},
	}
	kept := []string{"10m0s", "1h0m0s", "2h0m0s"}
	if p.token && token != "" {
		kept = append(kept, "0s", "-1m") // not kept by either side
	}
	if g.IntN(2) == 0 {
		answer = append(answer, field{"cacheDuration", quoted(generatedDuration(w, g, kept))})
	}
	return asJSON(answer)
}

func generatedDuration(w *world, g generator, exact []string) string {
	if w.exact {
		return g.pick(exact...)
	}
	return g.pick("0s", "-5m", "1s", "1m", "10m", "1h", "6h", "7h", "100h")
}

// uniqueKeys leaves the first of equal fields: twice is an error.
func uniqueKeys(o object) (once object) {
	once = object{}
	for _, f := range o {
		if !slices.ContainsFunc(once, func(known field) bool { return known.name == f.name }) {
			once = append(once, f)
		}
	}
	return once
}

// run has a plugin run for one of the sides.
func (w *world) run(name, image, token string, annotations map[string]string) (stdout string, note func(failed bool)) {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		list = append(list, key+"="+annotations[key])
	}
	r := ran{provider: name, image: image, token: token, annotations: strings.Join(list, ",")}
	return w.answer(name, image, token, r.annotations), func(failed bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		r.failed = failed
		w.runs = append(w.runs, r)
	}
}

// since are the runs since the last time, those of one time in an order of their own.
func (w *world) since() []ran {
	w.mu.Lock()
	defer w.mu.Unlock()
	runs := w.runs
	w.runs = nil
	slices.SortFunc(runs, func(a, b ran) int { return cmp.Compare(a.String(), b.String()) })
	return runs
}

// kubeletPlugin is a plugin for the kubelet.
type kubeletPlugin struct {
	world *world
	name  string
}

// ExecPlugin answers, and notes whether that will do.
func (k kubeletPlugin) ExecPlugin(_ context.Context, image, token string, annotations map[string]string) (*credentialproviderapi.CredentialProviderResponse, error) {
	stdout, note := k.world.run(k.name, image, token, annotations)
	response, err := kubeletplugin.Decode("credentialprovider.kubelet.k8s.io/v1", []byte(stdout))
	note(err != nil || k.echoes(response, token))
	return response, err
}

// echoes is what the kubelet refuses of an answer after this.
func (k kubeletPlugin) echoes(r *credentialproviderapi.CredentialProviderResponse, token string) bool {
	for _, p := range k.world.providers {
		for _, auth := range r.Auth {
			if p.name == k.name && p.cacheType == "ServiceAccount" && token != "" && auth.Password == token {
				return true
			}
		}
	}
	return false
}

// pullgateRunner runs plugins for pullgate.
type pullgateRunner struct{ world *world }

// Run answers.
func (p pullgateRunner) Run(_ context.Context, c provider.Command) (provider.Output, error) {
	var request struct {
		Kind, APIVersion, Image   string
		ServiceAccountToken       string
		ServiceAccountAnnotations map[string]string
	}
	if err := json.Unmarshal(c.Stdin, &request); err != nil {
		return provider.Output{}, err
	}
	stdout, note := p.world.run(filepath.Base(c.Path), request.Image, request.ServiceAccountToken, request.ServiceAccountAnnotations)
	// The kubelet's own judgement, for the comparison of runs.
	response, err := kubeletplugin.Decode("credentialprovider.kubelet.k8s.io/v1", []byte(stdout))
	note(err != nil || kubeletPlugin{p.world, filepath.Base(c.Path)}.echoes(response, request.ServiceAccountToken))
	return provider.Output{Stdout: []byte(stdout)}, nil
}

// account is a ServiceAccount, by name: app has annotations, and bare has none; gone
// does not exist, and mute has no token.
func (w *world) account(namespace, name string) (provider.Identity, error) {
	i := provider.Identity{Namespace: namespace, Name: name, UID: "uid-of-" + name}
	switch name {
	case "gone":
		return i, errors.New("not found")
	case "app":
		i.Annotations = map[string]string{"x.io/role": fmt.Sprint("role", w.dice("role", w.epoch).IntN(2)), "unasked": "for"}
	}
	return i, nil
}

func (w *world) token(namespace, name string) (string, error) {
	if name == "mute" {
		return "", errors.New("no token")
	}
	return fmt.Sprintf("token-%s-%s-%d", namespace, name, w.epoch), nil
}

func (w *world) kubeletAccount(namespace, name string) (*corev1.ServiceAccount, error) {
	i, err := w.account(namespace, name)
	return &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(i.UID), Annotations: i.Annotations}}, err
}

func (w *world) kubeletToken(namespace, name string, _ *authenticationv1.TokenRequest) (*authenticationv1.TokenRequest, error) {
	token, err := w.token(namespace, name)
	return &authenticationv1.TokenRequest{Status: authenticationv1.TokenRequestStatus{Token: token}}, err
}

// Identify is the same for pullgate.
func (w *world) Identify(_ context.Context, of provider.Account) (provider.Identity, error) {
	return w.account(of.Namespace, of.Name)
}

// Token is the same for pullgate.
func (w *world) Token(_ context.Context, of provider.Identity, _ string) (string, error) {
	return w.token(of.Namespace, of.Name)
}
