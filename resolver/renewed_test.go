package resolver

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pullgate/pullgate/resolver/proof"
	"github.com/pullgate/pullgate/resolver/provider"
)

// renewing is a plugin that answers with another password each time: u:p0, u:p1, …
func renewing() *plugin {
	return &plugin{says: func(_ context.Context, n int) (provider.Output, error) {
		time.Sleep(time.Second)
		return credentialsFor(other, "u", fmt.Sprintf("p%d", n)), nil
	}}
}

// rotating is a registry that knows one login at a time.
type rotating struct {
	login atomic.Pointer[string]
	then  http.HandlerFunc
}

func (r *rotating) set(login string) { r.login.Store(&login) }

// ServeHTTP lets in who has the login.
func (r *rotating) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	letsIn(map[string]http.HandlerFunc{*r.login.Load(): r.then})(w, req)
}

func newRotating() *rotating {
	r := &rotating{then: open}
	r.set("u:p0")
	return r
}

// lookups counts them.
type lookups struct {
	unobserved
	n atomic.Int64
}

// LookedUp counts.
func (l *lookups) LookedUp(string, Reason, time.Duration) { l.n.Add(1) }

func resolverOf(t *testing.T, identity proof.Identity, registry http.Handler, change func(*Config)) *Resolver {
	t.Helper()
	config := patient()
	config.CredentialProviders.Identity = identity
	if change != nil {
		change(&config)
	}
	return resolverFor(t, config, map[string]http.Handler{other: registry})
}

// TestRefusedIsRenewed: a cached credential that is refused now is asked for anew, once
// for all Pods, and what it opens is looked up once (P37).
func TestRefusedIsRenewed(t *testing.T) {
	for _, identity := range proof.Identities() {
		runInBubble(t, string(identity), func(t *testing.T) {
			registry, p := newRotating(), renewing()
			r, seen := resolverOf(t, identity, registry, nil).runs(p), &lookups{}
			r.observer = seen
			if v := check(t.Context(), r, other+"/app:v1"); v.Reason != Pullable {
				t.Fatalf("%s %q", v.Reason, v.Message)
			}
			time.Sleep(10 * time.Minute)
			registry.set("u:p1")
			var wg sync.WaitGroup
			for range 100 {
				wg.Go(func() {
					if v := check(t.Context(), r, other+"/app:v1"); v.Reason != Pullable || v.Message != "" {
						t.Errorf("%s %q", v.Reason, v.Message)
					}
				})
			}
			wg.Wait()
			p.wantRuns(t, "refused 100 times", 2)
			if n := seen.n.Load(); n != 1+2 {
				t.Errorf("%d look-ups, want one at first, one with the old password and one with the new", n)
			}
			if v := check(t.Context(), r, other+"/another:v1"); v.Reason != Pullable {
				t.Errorf("another image: %s %q", v.Reason, v.Message)
			}
			p.wantRuns(t, "in all", 2)
		})
	}
}

// TestRefusedInVain: where there is nothing newer the refusal counts, if that is sure; a
// plugin that cannot say so makes it nobody's guess.
func TestRefusedInVain(t *testing.T) {
	const seconds = 20
	for name, tc := range map[string]struct {
		then func(ctx context.Context) (provider.Output, error)
		want []Reason // of one check after another, with identity node
	}{
		"the same":    {func(context.Context) (provider.Output, error) { return credentialsFor(other, "u", "p0"), nil }, []Reason{Unauthorized, Unauthorized}},
		"another bad": {func(context.Context) (provider.Output, error) { return credentialsFor(other, "u", "p9"), nil }, []Reason{Unauthorized, Unauthorized}},
		"nothing":     {func(context.Context) (provider.Output, error) { return credentialsFor(), nil }, []Reason{CredentialProviderFailed, NodeManaged}},
		"it fails":    {func(context.Context) (provider.Output, error) { return provider.Output{}, errPlugin }, []Reason{CredentialProviderFailed, CredentialProviderFailed}},
		"it hangs": {func(ctx context.Context) (provider.Output, error) {
			<-ctx.Done()
			return provider.Output{}, ctx.Err()
		}, []Reason{CredentialProviderFailed, CredentialProviderFailed}},
	} {
		for _, identity := range proof.Identities() {
			runInBubble(t, name+", "+string(identity), func(t *testing.T) {
				registry, p := newRotating(), renewing()
				r := resolverOf(t, identity, registry, nil).runs(p)
				check(t.Context(), r, other+"/app:v1")
				time.Sleep(10 * time.Minute)
				registry.set("nobody:x")
				p.tell(func(ctx context.Context, _ int) (provider.Output, error) { return tc.then(ctx) })
				for _, want := range tc.want {
					if identity == proof.Own && want == Unauthorized {
						want = NodeManaged
					}
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
					began := time.Now()
					v := check(ctx, r, other+"/app:v1")
					if v.Reason != want || time.Since(began) >= 5*time.Second {
						t.Errorf("%s %q after %s, want %s", v.Reason, v.Message, time.Since(began), want)
					}
					cancel()
				}
				p.wantRuns(t, name, 2)
				time.Sleep(seconds * time.Second)
				synctest.Wait()
			})
		}
	}
}

// TestRefusalIsOfOnePassword: what a registry said to the password before is not what it
// says to the one in use, though the rest is kept under one name for both.
func TestRefusalIsOfOnePassword(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		registry, p := newRotating(), renewing()
		r := resolverOf(t, proof.Node, registry, nil).runs(p)
		check(t.Context(), r, other+"/app:v1")
		time.Sleep(10 * time.Minute)
		var down atomic.Bool
		down.Store(true)
		registry.then = func(w http.ResponseWriter, req *http.Request) {
			if down.Load() {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			open(w, req)
		}
		registry.set("u:p1")
		if v := check(t.Context(), r, other+"/app:v1"); v.Class == ClassDefinite {
			t.Errorf("the new one cannot be judged: %s %q", v.Reason, v.Message)
		}
		if v := check(t.Context(), r, other+"/app:v1"); v.Class == ClassDefinite {
			t.Errorf("a moment later: %s %q", v.Reason, v.Message)
		}
		down.Store(false)
		if v := check(t.Context(), r, other+"/app:v1"); v.Reason != Pullable {
			t.Errorf("once the registry is back: %s %q", v.Reason, v.Message)
		}
		p.wantRuns(t, "in all", 2)
	})
}

// TestRenewedPasswordAsksNothing: an hourly renewal forgets nothing of what registries
// have answered (P67).
func TestRenewedPasswordAsksNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		registry, p := newRotating(), renewing()
		r, seen := resolverOf(t, proof.Own, registry, func(c *Config) { c.Cache.Tag.Duration = 12 * time.Hour }).runs(p), &lookups{}
		r.observer = seen
		for n := range 4 {
			for _, image := range []string{"/app:v1", "/app@" + manifestDigest} {
				if v := check(t.Context(), r, other+image); v.Reason != Pullable {
					t.Errorf("%d, %s: %s %q", n, image, v.Reason, v.Message)
				}
			}
			time.Sleep(time.Hour)
			registry.set(fmt.Sprintf("u:p%d", n+1))
		}
		p.wantRuns(t, "in three hours", 4)
		if n := seen.n.Load(); n != 2 {
			t.Errorf("%d look-ups, want one of each image", n)
		}
	})
}

// TestKnownWhileTheProviderFails: what could be pulled a while ago still can, as far as
// anybody knows, and who asks is told.
func TestKnownWhileTheProviderFails(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		registry, p := newRotating(), renewing()
		r := resolverOf(t, proof.Own, registry, nil).runs(p)
		check(t.Context(), r, other+"/app:v1")
		p.tell(func(context.Context, int) (provider.Output, error) { return provider.Output{}, errPlugin })
		want := func(when, image string, want Reason, says string) {
			t.Helper()
			if v := check(t.Context(), r, other+image); v.Reason != want || !strings.Contains(v.Message, says) || v.Reason == Pullable && v.Digest != manifestDigest {
				t.Errorf("%s: %+v, want %s %q", when, v, want, says)
			}
		}
		time.Sleep(2 * time.Hour)
		want("known", "/app:v1", Pullable, `credential provider "plugin" failed here: it ends with exit status 1; nodes may have its credentials; 2 hours ago it could be pulled`)
		want("unknown", "/app:v2", CredentialProviderFailed, `credential provider "plugin" failed here`)
		time.Sleep(22 * time.Hour)
		want("known too long ago", "/app:v1", CredentialProviderFailed, "")
	})
}
