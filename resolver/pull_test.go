package resolver

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pullgate/pullgate/resolver/proof"
	"github.com/pullgate/pullgate/resolver/provider"
)

// asks are the logins that a registry was asked with, in order; "" is without one.
type asks struct {
	mu  sync.Mutex
	all []string
}

// note has a registry note them.
func (a *asks) note(then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); ok && r.Method == http.MethodHead {
			a.mu.Lock()
			a.all = append(a.all, user+":"+password)
			a.mu.Unlock()
		}
		then(w, r)
	}
}

// String is all of them, each once in a row: a node asks again with a login that is
// refused.
func (a *asks) String() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(slices.Compact(slices.Clone(a.all)), " ")
}

// TestOrderOfCredentials: those of Secrets, then those of the node's config.json, then
// those of providers, until one succeeds (P23 to P25, P28, P43, P45).
func TestOrderOfCredentials(t *testing.T) {
	answers := func(auth ...string) *plugin { return answering(credentialsFor(auth...)) }
	secret := func(t *testing.T, user, password string) *Credentials { return credentials(t, user, password) }
	for name, tc := range map[string]struct {
		secret, file string // user:password, "" for none
		plugins      map[string]*plugin
		lets         string // the login that is let in
		want         Reason
		asked        string
	}{
		"a Secret is good (P23)":            {"s:1", "f:1", map[string]*plugin{"a": answers(other, "p", "1")}, "s:1", Pullable, "s:1"},
		"the file is good":                  {"s:1", "f:1", map[string]*plugin{"a": answers(other, "p", "1")}, "f:1", Pullable, "s:1 f:1"},
		"the provider is good (P24)":        {"s:1", "f:1", map[string]*plugin{"a": answers(other, "p", "1")}, "p:1", Pullable, "s:1 f:1 p:1"},
		"none is good":                      {"s:1", "f:1", map[string]*plugin{"a": answers(other, "p", "1")}, "", NodeManaged, "s:1 f:1 p:1"},
		"the second provider (P26)":         {"", "", map[string]*plugin{"a": answers(other, "p", "1"), "b": answers(other, "q", "1")}, "q:1", Pullable, "p:1 q:1"},
		"the longer key (P27)":              {"", "", map[string]*plugin{"a": answers(other, "p", "1"), "b": answers(other+"/app", "q", "1")}, "q:1", Pullable, "q:1"},
		"one fails, one has nothing (P28)":  {"", "", map[string]*plugin{"a": breaking(), "b": answers(), "c": answers(other, "r", "1")}, "r:1", Pullable, "r:1"},
		"one password, two keys (P43)":      {"", "", map[string]*plugin{"a": answers(other, "p", "1", "*.test", "p", "1")}, "", NodeManaged, "p:1"},
		"that of a Secret again":            {"p:1", "p:1", map[string]*plugin{"a": answers(other, "p", "1")}, "", NodeManaged, "p:1"},
		"and an anonymous one (P45)":        {"", "", map[string]*plugin{"a": answers(other, "p", "1", "*.test", "", "")}, "", NodeManaged, "p:1"},
		"one fails, the other's is refused": {"", "", map[string]*plugin{"a": breaking(), "b": answers(other, "q", "1")}, "", CredentialProviderFailed, "q:1"},
	} {
		t.Run(name, func(t *testing.T) {
			var seen asks
			logins := map[string]http.HandlerFunc{}
			if tc.lets != "" {
				logins[tc.lets] = open
			}
			r := resolverFor(t, patient(), map[string]http.Handler{other: seen.note(letsIn(logins))})
			r.runsMany(tc.plugins, []string{"a", "b", "c"}[:len(tc.plugins)]...)
			pod := Pod{Credentials: NewCredentials("dev", nil)}
			if user, password, ok := strings.Cut(tc.secret, ":"); ok {
				pod.Credentials = secret(t, user, password)
			}
			if user, password, ok := strings.Cut(tc.file, ":"); ok {
				r.hasFile(t, other, user, password)
			}
			v := r.Check(t.Context(), Image{Reference: other + "/app:v1"}, pod)
			if v.Reason != tc.want || seen.String() != tc.asked {
				t.Errorf("%s %q, asked with %q, want %s with %q", v.Reason, v.Message, &seen, tc.want, tc.asked)
			}
		})
	}
}

// TestEqualIsTriedOnce: one password under two keys is one attempt, whatever that comes
// to, and so is that of a Secret (P43).
func TestEqualIsTriedOnce(t *testing.T) {
	for name, secret := range map[string]string{"two keys": "", "and a Secret": "p"} {
		r, seen := resolverFor(t, patient(), map[string]http.Handler{other: letsIn(map[string]http.HandlerFunc{"u:p": always(503)})}), &lookups{}
		r.observer = seen
		pod := Pod{Credentials: NewCredentials("dev", nil)}
		if secret != "" {
			pod.Credentials = credentials(t, "u", secret)
		}
		v := r.runs(answering(credentialsFor(other, "u", "p", "*.test", "u", "p"))).Check(t.Context(), Image{Reference: other + "/app:v1"}, pod)
		if n := seen.n.Load(); v.Reason != RegistryUnavailable || n != 1 {
			t.Errorf("%s: %s %q after %d look-ups, want 1", name, v.Reason, v.Message, n)
		}
	}
}

// TestAllAreNamed: of a registry that refuses everything all that was refused is named,
// and what pullgate's own identity has to do with it.
func TestAllAreNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		identity proof.Identity
		want     Reason
		says     []string
	}{
		"node": {proof.Node, Unauthorized, []string{`registry.test refuses the credentials of Secret "regcred", the nodes' config.json and credential provider "plugin"`}},
		"own": {proof.Own, NodeManaged, []string{`the registry refuses pullgate's own identity (credential provider "plugin")`, "may let the nodes' in",
			`without: registry.test refuses the credentials of Secret "regcred"`}},
	} {
		config := patient()
		config.CredentialProviders.Identity = tc.identity
		r := resolverFor(t, config, map[string]http.Handler{other: letsIn(nil)})
		r.runs(&plugin{}).hasFile(t, other, "f", "1")
		v := r.Check(t.Context(), Image{Reference: other + "/app:v1"}, Pod{Credentials: credentials(t, "s", "1")})
		if v.Reason != tc.want {
			t.Errorf("%s: %s %q, want %s", name, v.Reason, v.Message, tc.want)
		}
		for _, want := range tc.says {
			if !strings.Contains(v.Message, want) {
				t.Errorf("%s: says %q, want %q in it", name, v.Message, want)
			}
		}
	}
}

// TestSecretDoesNotWait: a good Secret is enough, though the plugin is under way.
func TestSecretDoesNotWait(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := resolverFor(t, patient(), map[string]http.Handler{other: letsIn(map[string]http.HandlerFunc{"u:p": open})})
		p := &plugin{says: func(context.Context, int) (provider.Output, error) {
			time.Sleep(20 * time.Second)
			return credentialsFor(other, "u", "p"), nil
		}}
		r.runs(p)
		began := time.Now()
		v := r.Check(t.Context(), Image{Reference: other + "/app:v1"}, Pod{Credentials: credentials(t, "u", "p")})
		if v.Reason != Pullable || time.Since(began) != 0 {
			t.Errorf("%s %q after %s", v.Reason, v.Message, time.Since(began))
		}
		p.wantRuns(t, "beside the Secret", 1)
	})
}

// TestMalformedSecret: a node makes no attempt then, and asks no provider (P25).
func TestMalformedSecret(t *testing.T) {
	p := &plugin{}
	r := resolverFor(t, patient(), map[string]http.Handler{other: letsIn(map[string]http.HandlerFunc{"u:p": open})})
	creds := NewCredentials("dev", []NamedSecret{{Name: "broken", Secret: rawSecret(t, "broken", "{")}})
	if v := r.runs(p).Check(t.Context(), Image{Reference: other + "/app:v1"}, Pod{Credentials: creds}); v.Reason != InvalidPullSecret {
		t.Errorf("%s %q", v.Reason, v.Message)
	}
	p.wantRuns(t, "malformed", 0)
}

// TestPublic: a public image is pulled where providers have nothing, and where they fail,
// also if they do not answer in time (P29, P31).
func TestPublic(t *testing.T) {
	for name, p := range map[string]*plugin{
		"nothing": answering(credentialsFor()), "others'": answering(credentialsFor("elsewhere.test", "u", "p")), "fails": breaking(),
		"hangs": {says: func(ctx context.Context, _ int) (provider.Output, error) {
			<-ctx.Done()
			return provider.Output{}, ctx.Err()
		}},
	} {
		runInBubble(t, name, func(t *testing.T) {
			r := resolverFor(t, patient(), map[string]http.Handler{other: http.HandlerFunc(open)})
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			v := r.runs(p).Check(ctx, Image{Reference: other + "/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
			if v.Reason != Pullable || v.Message != "" {
				t.Errorf("%s %q", v.Reason, v.Message)
			}
			synctest.Wait()
		})
	}
}

// TestBreaksAPublicImage: a provider's credential that is refused keeps a node from a
// public image, which makes no attempt without it (P30).
func TestBreaksAPublicImage(t *testing.T) {
	for identity, want := range map[proof.Identity]Reason{proof.Own: NodeManaged, proof.Node: Unauthorized} {
		runInBubble(t, string(identity), func(t *testing.T) {
			config := patient()
			config.CredentialProviders.Identity = identity
			r := resolverFor(t, config, map[string]http.Handler{other: bearer(func(w http.ResponseWriter, req *http.Request) {
				if _, _, ok := req.BasicAuth(); ok || req.Method == http.MethodPost {
					status(w, http.StatusUnauthorized, "")
					return
				}
				giveToken(w, req)
			})})
			v := r.runs(&plugin{}).Check(t.Context(), Image{Reference: other + "/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
			says := strings.Contains(v.Message, "without a credential provider for this registry it could be pulled")
			if v.Reason != want || says != (identity == proof.Node) {
				t.Errorf("%s %q, want %s", v.Reason, v.Message, want)
			}
		})
	}
}

// TestManyAtOnce: 500 Pods on a cold cache are one run and one look-up (P68).
func TestManyAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var seen asks
		r := resolverFor(t, patient(), map[string]http.Handler{other: seen.note(letsIn(map[string]http.HandlerFunc{"u:p": open}))})
		p := &plugin{says: func(context.Context, int) (provider.Output, error) {
			time.Sleep(time.Second)
			return credentialsFor(other, "u", "p"), nil
		}}
		r.runs(p)
		var wg sync.WaitGroup
		for n := range 500 {
			wg.Go(func() {
				v := r.Check(t.Context(), Image{Reference: other + "/app:v1"}, Pod{Credentials: NewCredentials(fmt.Sprint(n), nil)})
				if v.Reason != Pullable {
					t.Errorf("%s %q", v.Reason, v.Message)
				}
			})
		}
		wg.Wait()
		if p.wantRuns(t, "500 Pods", 1); len(seen.all) != 1 {
			t.Errorf("asked with %q, want once", seen.all)
		}
	})
}
