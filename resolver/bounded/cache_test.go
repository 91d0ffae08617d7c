package bounded

import (
	"fmt"
	"sync"
	"testing"
	"time"
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
	c := New[int](2)
	c.Set("short", 1, time.Millisecond)
	c.Set("none", 1, 0)
	time.Sleep(5 * time.Millisecond)
	for _, key := range []string{"short", "none"} {
		if _, ok := c.Get(key); ok {
			t.Errorf("%s is still there", key)
		}
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
