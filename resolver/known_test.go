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
	config := patient()
	change(&config)
	return resolverFor(t, config, map[string]http.Handler{"registry.test": s}), s
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
		"not available":      {always(502), time.Hour, Pullable, "it answers 502 Bad Gateway; 1 minute ago it could be pulled"},
		"rate limited":       {always(429), time.Hour, Pullable, "limits the rate of requests; 1 minute ago it could be pulled"},
		"silent":             {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, time.Hour, Pullable, "did not answer in time; 1 minute ago it could be pulled"},
		"gone":               {always(404), time.Hour, ImageNotFound, ""},
		"closed":             {always(403), time.Hour, Unauthorized, ""},
		"found too long ago": {always(502), 0, RegistryUnavailable, ""},
	} {
		runInBubble(t, name, func(t *testing.T) {
			r, registry := switching(t, func(c *Config) {
				c.Cache.Tag.Duration, c.Cache.Stale.Duration = time.Minute, tc.stale
			})
			if v := check(t.Context(), r, "registry.test/app:v1"); v.Reason != Pullable || v.Message != "" {
				t.Fatalf("%s %q", v.Reason, v.Message)
			}
			time.Sleep(time.Minute)
			registry.set(tc.then)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if v := check(ctx, r, "registry.test/app:v1"); v.Reason != tc.want || !strings.Contains(v.Message, tc.says) {
				t.Errorf("%s %q, want %s %q", v.Reason, v.Message, tc.want, tc.says)
			}
		})
	}
}

// An image in constant use is asked for in time, and nobody waits for it.
func TestRefreshAhead(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r, registry := switching(t, func(c *Config) { c.Cache.Tag.Duration = 2 * time.Second })
		check(t.Context(), r, "registry.test/app:v1")
		registry.set(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(300 * time.Millisecond)
			manifest(w, r)
		})
		for range 5 * time.Second / (5 * time.Millisecond) {
			began := time.Now()
			if v := check(t.Context(), r, "registry.test/app:v1"); v.Reason != Pullable || v.Message != "" {
				t.Fatalf("%s %q", v.Reason, v.Message)
			}
			if waited := time.Since(began); waited > 0 {
				t.Errorf("one check waited %s for the registry", waited)
			}
			time.Sleep(5 * time.Millisecond)
		}
		// After 1.6 of the first answer's 2 seconds, and of the next's.
		if n := registry.asked.Load(); n != 3 {
			t.Errorf("asked %d times in 5 s, of answers that last 2 s", n)
		}
	})
}

// indexFor serves an index of one image for a platform.
func indexFor(architecture string) http.HandlerFunc {
	body := fmt.Sprintf(`{"schemaVersion":2,"manifests":[{"mediaType":%q,"digest":%q,"size":%d,"platform":{"os":"linux","architecture":%q}}]}`,
		ocispec.MediaTypeImageManifest, manifestDigest, len(manifestBody), architecture)
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, manifestDigest) {
			manifest(w, r)
			return
		}
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
		runInBubble(t, name, func(t *testing.T) {
			r, registry := switching(t, func(*Config) {})
			registry.set(indexFor("arm64"))
			pod := Pod{Credentials: NewCredentials("dev", nil), Nodes: nodes{platforms: []string{"linux/arm64"}}}
			if v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, pod); v.Reason != Pullable {
				t.Fatalf("%s %q", v.Reason, v.Message)
			}
			time.Sleep(r.config.Cache.NotFound.Duration + 1)
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
