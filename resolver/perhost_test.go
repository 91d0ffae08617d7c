package resolver

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// crowded serves slowly, and notes how many it served at once.
func crowded(most *atomic.Int64) http.HandlerFunc {
	var now atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
		manifest(w, r)
	}
}

func TestLookupsPerRegistry(t *testing.T) {
	var most atomic.Int64
	config := DefaultConfig()
	config.Limits.LookupsPerRegistry = 3
	config.Registries.ConfigDir, _ = registrytest.Serve(t, "registry.test", crowded(&most))
	r := newResolver(t, config)
	var wg sync.WaitGroup
	for n := range 60 {
		wg.Go(func() {
			image := Image{Reference: fmt.Sprintf("registry.test/app:v%d", n)}
			if v := r.Check(t.Context(), image, Pod{Credentials: NewCredentials("dev", nil)}); v.Reason != Pullable {
				t.Errorf("%s %q", v.Reason, v.Message)
			}
		})
	}
	wg.Wait()
	if got := most.Load(); got != 3 {
		t.Errorf("%d look-ups at once, want 3", got)
	}
	if n := len(r.hosts.hosts); n != 0 {
		t.Errorf("%d hosts are remembered", n)
	}
}

// A queue at one registry is nothing to another, and waits no longer than who
// stands in it.
func TestQueueAtOneRegistry(t *testing.T) {
	gate := make(chan struct{})
	defer close(gate)
	config := DefaultConfig()
	config.Limits.LookupsPerRegistry = 1
	config.Registries.ConfigDir, _ = registrytest.Serve(t, "slow.test", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-gate:
		case <-r.Context().Done():
		}
	}))
	_, url := registrytest.Serve(t, "fast.test", http.HandlerFunc(open))
	registrytest.Map(t, config.Registries.ConfigDir, "fast.test", fmt.Sprintf("server = %q\n", url))
	r := newResolver(t, config)
	check := func(ctx context.Context, image string) Reason {
		return r.Check(ctx, Image{Reference: image}, Pod{Credentials: NewCredentials("dev", nil)}).Reason
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	for n := range 10 {
		wg.Go(func() {
			if got := check(ctx, fmt.Sprintf("slow.test/app:v%d", n)); got != Timeout {
				t.Errorf("%s, want Timeout", got)
			}
		})
	}
	if got := check(t.Context(), "fast.test/app:v1"); got != Pullable {
		t.Errorf("%s from the other registry", got)
	}
	start := time.Now()
	wg.Wait()
	if d := time.Since(start); d > time.Second {
		t.Errorf("the queue lasted %s", d)
	}
}
