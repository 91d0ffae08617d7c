package resolver

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// guarded lets nobody in, by one of the schemes, and counts the logins it refuses.
func guarded(scheme string, logins *atomic.Int64) http.HandlerFunc {
	refuse := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.Method == http.MethodPost {
			logins.Add(1)
		}
		status(w, http.StatusUnauthorized, "UNAUTHORIZED")
	}
	if scheme == "bearer" {
		return bearer(refuse)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		refuse(w, r)
	}
}

// TestRefusedLogins: a bad Secret costs at most ten refused logins in three
// minutes, at ten Pods a second (B15).
func TestRefusedLogins(t *testing.T) {
	for _, scheme := range []string{"basic", "bearer"} {
		runInBubble(t, scheme, func(t *testing.T) {
			var logins atomic.Int64
			r := resolverFor(t, patient(), map[string]http.Handler{"registry.test": guarded(scheme, &logins)})
			pod := Pod{Credentials: credentials(t, "u", "wrong")}
			var since bool
			for range 3 * 60 {
				var wg sync.WaitGroup
				for range 10 {
					wg.Go(func() {
						v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, pod)
						if v.Reason != Unauthorized || !strings.Contains(v.Message, `refuses the credentials of Secret "regcred"`) {
							t.Errorf("%s %q", v.Reason, v.Message)
						}
					})
				}
				wg.Wait()
				v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, pod)
				since = since || strings.Contains(v.Message, "they have been refused since ")
				time.Sleep(time.Second)
			}
			if n := logins.Load(); n == 0 || n > 10 {
				t.Errorf("%d refused logins", n)
			}
			if !since {
				t.Error("no message says since when")
			}
			t.Logf("%d refused logins", logins.Load())
		})
	}
}

// TestSecretIsMended: another password is tried at once.
func TestSecretIsMended(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := resolverFor(t, patient(), map[string]http.Handler{"registry.test": http.HandlerFunc(basic)})
		for n := range 10 {
			r.Check(t.Context(), Image{Reference: fmt.Sprintf("registry.test/app:v%d", n)}, Pod{Credentials: credentials(t, "u", "wrong")})
		}
		if v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: credentials(t, "u", "p")}); v.Reason != Pullable {
			t.Errorf("%s %q", v.Reason, v.Message)
		}
	})
}

// TestDesktopSecret: no password is sent, so none is refused (B16).
func TestDesktopSecret(t *testing.T) {
	r, _ := serve(t, basic)
	v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", []NamedSecret{
		{Name: "desktop", Secret: rawSecret(t, "desktop", `{"auths":{"registry.test":{}},"credsStore":"osxkeychain"}`)},
	})})
	const want = `it needs credentials, or does not exist: the entry of Secret "desktop" for registry.test has no password in it: that is in the credential helper "osxkeychain" of the machine where the Secret was made; make the Secret with the user name and password for registry.test`
	if v.Reason != Unauthorized || !strings.HasPrefix(v.Message, want) {
		t.Errorf("%s %q", v.Reason, v.Message)
	}
}
