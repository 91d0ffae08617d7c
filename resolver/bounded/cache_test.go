package bounded

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"weak"
)

func TestOldestGoesFirst(t *testing.T) {
	c := New[int](3)
	for i := range 5 {
		c.Set(fmt.Sprint(i), i, time.Hour)
	}
	for i, want := range []bool{false, false, true, true, true} {
		v, ok := c.Get(fmt.Sprint(i))
		if ok != want || (ok && v != i) {
			t.Errorf("Get(%d) = %d, %t; want found %t", i, v, ok, want)
		}
	}
}

func TestSetAgainTakesNoRoom(t *testing.T) {
	c := New[int](2)
	c.Set("a", 1, time.Hour)
	c.Set("b", 1, time.Hour)
	for i := range 10 {
		c.Set("b", i, time.Hour)
	}
	if _, ok := c.Get("a"); !ok {
		t.Error("setting b again pushed a out")
	}
}

func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New[int](3)
		has := func(key string, want bool) {
			t.Helper()
			if _, ok := c.Get(key); ok != want {
				t.Errorf("%s is there: %t, want %t", key, ok, want)
			}
		}
		c.Set("none", 1, 0)
		c.Set("short", 1, time.Second)
		c.Set("long", 1, 2*sweepEvery)
		has("none", false)
		time.Sleep(time.Second)
		has("short", true)
		time.Sleep(time.Nanosecond)
		has("short", false)
		has("long", true)
	})
}

// Nobody may ask for what has expired, and still it goes.
func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New[int](3)
		holds := func(want int) {
			t.Helper()
			time.Sleep(sweepEvery)
			synctest.Wait()
			if n := c.Len(); n != want {
				t.Errorf("%d entries are held, want %d", n, want)
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			if c.sweeping != (want > 0) {
				t.Errorf("with %d entries a sweep is to come: %t", want, c.sweeping)
			}
		}
		for range 2 {
			c.Set("short", 1, time.Second)
			c.Set("long", 1, sweepEvery+time.Second)
			holds(1)
			holds(0)
			holds(0)
		}
	})
}

func TestUnusedCacheGoes(t *testing.T) {
	unused := func() weak.Pointer[Cache[int]] {
		c := New[int](3)
		c.Set("long", 1, time.Hour)
		return weak.Make(c)
	}()
	runtime.GC()
	if unused.Value() != nil {
		t.Error("a cache that nobody uses is kept for its sweep")
	}
}

// A key that expires and comes back many times must not make the cache forget
// its bound.
func TestBoundHolds(t *testing.T) {
	const size = 50
	c := New[int](size)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 2000 {
				ttl := time.Hour
				if i%3 == 0 {
					ttl = time.Microsecond
				}
				c.Set(fmt.Sprint((i*7+w)%200), i, ttl)
				c.Delete(fmt.Sprint(i % 13))
			}
		})
	}
	wg.Wait()
	if n := c.Len(); n > size {
		t.Errorf("%d entries, more than the bound of %d", n, size)
	}
}
