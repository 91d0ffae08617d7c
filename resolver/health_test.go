package resolver

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A registry that fails is left alone, and taken back by itself.
func TestBreaker(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r, registry := switching(t, func(*Config) {})
		backOff := r.config.Limits.BackOff.Duration
		registry.set(always(502))
		for n := range 2 * failuresToOpen {
			v := check(t.Context(), r, fmt.Sprintf("registry.test/app:v%d", n))
			want := RegistryUnavailable
			if n >= failuresToOpen {
				want = Unreachable
			}
			if v.Reason != want {
				t.Errorf("%d: %s %q, want %s", n, v.Reason, v.Message, want)
			}
			if alone := r.LeavesAlone("registry.test"); alone != (n >= failuresToOpen-1) {
				t.Errorf("%d: left alone: %t", n, alone)
			}
		}
		if r.LeavesAlone("another.test") {
			t.Error("a registry that was not asked is left alone")
		}
		asked := registry.asked.Load()
		if asked != failuresToOpen {
			t.Errorf("asked %d times, want %d", asked, failuresToOpen)
		}
		time.Sleep(backOff)
		check(t.Context(), r, "registry.test/app:early")
		if n := registry.asked.Load(); n != asked {
			t.Errorf("asked %d times while it is left alone", n-asked)
		}
		time.Sleep(time.Nanosecond)
		check(t.Context(), r, "registry.test/app:probe")
		check(t.Context(), r, "registry.test/app:another")
		if n := registry.asked.Load(); n != asked+1 {
			t.Errorf("%d probes of a registry that still fails, want 1", n-asked)
		}
		registry.set(open)
		time.Sleep(backOff + 1)
		for n := range 3 {
			if v := check(t.Context(), r, fmt.Sprintf("registry.test/app:again%d", n)); v.Reason != Pullable {
				t.Errorf("recovered: %s %q", v.Reason, v.Message)
			}
		}
		if r.LeavesAlone("registry.test") {
			t.Error("left alone after it has recovered")
		}
	})
}

// What a registry says of images is no failure of the registry.
func TestRefusalsDoNotOpenTheBreaker(t *testing.T) {
	r, registry := switching(t, func(*Config) {})
	for _, status := range []int{404, 401, 403} {
		registry.set(always(status))
		for n := range 2 * failuresToOpen {
			if v := check(t.Context(), r, fmt.Sprintf("registry.test/app:v%d-%d", status, n)); v.Class != ClassDefinite {
				t.Fatalf("%d: %s %q", status, v.Reason, v.Message)
			}
		}
	}
}

// A rate limit is an account's at a registry, not an image's.
func TestRateLimitOfAnAccount(t *testing.T) {
	r, registry := switching(t, func(*Config) {})
	registry.set(func(w http.ResponseWriter, req *http.Request) {
		if _, _, ok := req.BasicAuth(); !ok {
			w.Header().Set("WWW-Authenticate", "Basic")
			status(w, http.StatusUnauthorized, "")
			return
		}
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	for n := range 3 {
		image := Image{Reference: fmt.Sprintf("registry.test/app:v%d", n)}
		if v := r.Check(t.Context(), image, Pod{Credentials: credentials(t, "u", "p")}); v.Reason != RateLimited || !strings.Contains(v.Message, " until ") {
			t.Errorf("%s %q", v.Reason, v.Message)
		}
	}
	limited := registry.asked.Load() // the challenge, and the answer
	if limited != 2 {
		t.Errorf("%d requests for one account, want 2", limited)
	}
	registry.set(open)
	if v := r.Check(t.Context(), Image{Reference: "registry.test/app:v9"}, Pod{Credentials: credentials(t, "another", "p")}); v.Reason != Pullable {
		t.Errorf("another account: %s %q", v.Reason, v.Message)
	}
}

// Without a memory of registries each image is asked for.
func TestNoBackOff(t *testing.T) {
	r, registry := switching(t, func(c *Config) { c.Limits.BackOff.Duration = 0 })
	registry.set(always(502))
	for n := range 3 * failuresToOpen {
		if v := check(t.Context(), r, fmt.Sprintf("registry.test/app:v%d", n)); v.Reason != RegistryUnavailable {
			t.Errorf("%s %q", v.Reason, v.Message)
		}
	}
}

// A registry that hangs costs what is allowed at once, and nothing when its time
// is over.
func TestBlackHole(t *testing.T) {
	const (
		pods, lookups = 300, 40
		patience      = 200 * time.Millisecond
	)
	inBubble(t, func(t *testing.T) {
		r, registry := switching(t, func(c *Config) {
			c.Limits.Lookups, c.Limits.LookupsPerRegistry = lookups, 10
			c.Limits.LookupTimeout.Duration = 300 * time.Millisecond
		})
		check(t.Context(), r, "registry.test/app:v1")
		before := runtime.NumGoroutine()
		registry.set(func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		began := time.Now()
		var (
			wg    sync.WaitGroup
			mu    sync.Mutex
			count = map[Reason]int{}
		)
		for n := range pods {
			wg.Go(func() {
				v := check(ctx, r, fmt.Sprintf("registry.test/app:hole%d", n))
				mu.Lock()
				defer mu.Unlock()
				count[v.Reason]++
				if took := time.Since(began); v.Reason == Overloaded && took > 0 || took > patience {
					t.Errorf("%s after %s", v.Reason, took)
				}
			})
		}
		wg.Wait()
		if count[Timeout] != lookups || count[Overloaded] != pods-lookups {
			t.Errorf("%v, want %d look-ups, and all others answered at once", count, lookups)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := runtime.NumGoroutine(); n > before {
			t.Errorf("%d goroutines, and %d before", n, before)
		}
	})
}
