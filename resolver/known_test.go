package resolver

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// switchable is a registry whose behaviour changes under test.
type switchable struct {
	handler atomic.Pointer[http.HandlerFunc]
	asked   atomic.Int64
}

func (s *switchable) set(h http.HandlerFunc) { s.handler.Store(&h) }

// ServeHTTP serves as it was last set.
func (s *switchable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	(*s.handler.Load())(w, r)
}

// switching makes a Resolver for registry.test, which can be switched.
func switching(t *testing.T, change func(*Config)) (*Resolver, *switchable) {
	t.Helper()
	s := &switchable{}
	s.set(open)
	config := DefaultConfig()
	config.Registries.ConfigDir, _ = registrytest.Serve(t, "registry.test", s)
	change(&config)
	return newResolver(t, config), s
}

func check(ctx context.Context, r *Resolver, image string) Verdict {
	return r.Check(ctx, Image{Reference: image}, Pod{Credentials: NewCredentials("dev", nil)})
}

// A registry that is down is no reason to doubt what was just there; one that
// says that the image is gone is.
func TestStaleIfError(t *testing.T) {
	for name, tc := range map[string]struct {
		then  http.HandlerFunc
		stale time.Duration
		want  Reason
		says  string
	}{
		"not available":      {always(502), time.Hour, Pullable, "it answers 502 Bad Gateway; 0 seconds ago it could be pulled"},
		"rate limited":       {always(429), time.Hour, Pullable, "limits the rate of requests; 0 seconds ago it could be pulled"},
		"silent":             {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, time.Hour, Pullable, "did not answer in time; 0 seconds ago it could be pulled"},
		"gone":               {always(404), time.Hour, ImageNotFound, ""},
		"closed":             {always(403), time.Hour, Unauthorized, ""},
		"found too long ago": {always(502), 0, RegistryUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, registry := switching(t, func(c *Config) {
				c.Cache.Tag.Duration, c.Cache.Stale.Duration = 10*time.Millisecond, tc.stale
			})
			if v := check(t.Context(), r, "registry.test/app:v1"); v.Reason != Pullable || v.Message != "" {
				t.Fatalf("%s %q", v.Reason, v.Message)
			}
			time.Sleep(15 * time.Millisecond)
			registry.set(tc.then)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			if v := check(ctx, r, "registry.test/app:v1"); v.Reason != tc.want || !strings.Contains(v.Message, tc.says) {
				t.Errorf("%s %q, want %s %q", v.Reason, v.Message, tc.want, tc.says)
			}
		})
	}
}

// An image in constant use is asked for in time, and nobody waits for it.
func TestRefreshAhead(t *testing.T) {
	r, registry := switching(t, func(c *Config) { c.Cache.Tag.Duration = 2 * time.Second })
	check(t.Context(), r, "registry.test/app:v1")
	const slow = 300 * time.Millisecond
	registry.set(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(slow)
		manifest(w, r)
	})
	var longest time.Duration
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		start := time.Now()
		if v := check(t.Context(), r, "registry.test/app:v1"); v.Reason != Pullable || v.Message != "" {
			t.Fatalf("%s %q", v.Reason, v.Message)
		}
		longest = max(longest, time.Since(start))
	}
	if longest >= slow {
		t.Errorf("one check took %s: it waited for the registry", longest)
	}
	if n := registry.asked.Load(); n < 2 || n > 6 {
		t.Errorf("asked %d times in 5 s, of answers that last 2 s", n)
	}
}

// indexFor serves an index of one image for a platform.
func indexFor(architecture string) http.HandlerFunc {
	body := fmt.Sprintf(`{"schemaVersion":2,"manifests":[{"mediaType":%q,"digest":%q,"size":2,"platform":{"os":"linux","architecture":%q}}]}`,
		ocispec.MediaTypeImageManifest, otherDigest, architecture)
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", ocispec.MediaTypeImageIndex)
		w.Header().Set("Docker-Content-Digest", digest.FromString(body).String())
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		fmt.Fprint(w, body)
	}
}

// The missing platform may have been pushed since the index was looked at.
func TestMismatchIsNotDeniedByOldAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		then http.HandlerFunc
		want Reason
	}{
		"pushed since":   {indexFor("amd64"), Pullable},
		"as it was":      {indexFor("arm64"), PlatformMismatch},
		"not known now":  {always(502), RegistryUnavailable},
		"gone meanwhile": {always(404), ImageNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			r, registry := switching(t, func(c *Config) { c.Cache.NotFound.Duration = 5 * time.Millisecond })
			registry.set(indexFor("arm64"))
			pod := Pod{Credentials: NewCredentials("dev", nil), Nodes: nodes{platforms: []string{"linux/arm64"}}}
			if v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, pod); v.Reason != Pullable {
				t.Fatalf("%s %q", v.Reason, v.Message)
			}
			time.Sleep(10 * time.Millisecond)
			registry.set(tc.then)
			pod.Nodes = nodes{platforms: []string{"linux/amd64"}}
			if v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, pod); v.Reason != tc.want {
				t.Errorf("%s %q, want %s", v.Reason, v.Message, tc.want)
			}
		})
	}
}

func TestAgeWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 seconds", time.Second: "1 second", 59 * time.Second: "59 seconds", 12*time.Minute + 5: "12 minutes",
		time.Hour: "1 hour", 47 * time.Hour: "47 hours",
	} {
		if got := ageWords(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

// A million images that nobody has must not stay in memory.
func TestCacheIsBounded(t *testing.T) {
	r, _ := switching(t, func(c *Config) { c.Cache.Entries = 50 })
	for n := range 200 {
		check(t.Context(), r, fmt.Sprintf("registry.test/app:v%d", n))
	}
	if n := r.cache.Len(); n > 50 {
		t.Errorf("%d answers are kept, want 50 at most", n)
	}
}
