package resolver

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
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
	inBubble(t, func(t *testing.T) {
		var most atomic.Int64
		config := patient()
		config.Limits.LookupsPerRegistry = 3
		r := resolverFor(t, config, map[string]http.Handler{"registry.test": crowded(&most)})
		var wg sync.WaitGroup
		for n := range 60 {
			wg.Go(func() {
				if v := check(t.Context(), r, fmt.Sprintf("registry.test/app:v%d", n)); v.Reason != Pullable {
					t.Errorf("%s %q", v.Reason, v.Message)
				}
			})
		}
		wg.Wait()
		if got := most.Load(); got != 3 {
			t.Errorf("%d look-ups at once, want 3", got)
		}
		synctest.Wait() // the last has given its place back
		if n := len(r.hosts.hosts); n != 0 {
			t.Errorf("%d hosts are remembered", n)
		}
	})
}

// A queue at one registry is nothing to another, and waits no longer than who
// stands in it.
func TestQueueAtOneRegistry(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		config := patient()
		config.Limits.LookupsPerRegistry = 1
		r := resolverFor(t, config, map[string]http.Handler{
			"slow.test": http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }),
			"fast.test": http.HandlerFunc(open),
		})
		const patience = 300 * time.Millisecond
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		began := time.Now()
		var wg sync.WaitGroup
		for n := range 10 {
			wg.Go(func() {
				if v := check(ctx, r, fmt.Sprintf("slow.test/app:v%d", n)); v.Reason != Timeout {
					t.Errorf("%s, want Timeout", v.Reason)
				}
			})
		}
		synctest.Wait() // all stand in the queue
		if v := check(t.Context(), r, "fast.test/app:v1"); v.Reason != Pullable {
			t.Errorf("%s from the other registry", v.Reason)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("the other registry's turn came after %s", took)
		}
		wg.Wait()
		if took := time.Since(began); took != patience {
			t.Errorf("the queue lasted %s, want %s", took, patience)
		}
	})
}
