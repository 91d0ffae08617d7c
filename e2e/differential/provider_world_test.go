package differential

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
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
