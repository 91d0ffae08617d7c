// Package bounded bounds github.com/patrickmn/go-cache, which expires entries
// but keeps as many as it is given.
package bounded

import (
	"iter"
	"sync"
	"time"
	"weak"

	gocache "github.com/patrickmn/go-cache"
)

// sweepEvery is how often expired entries are deleted. go-cache's janitor would do
// that, in a goroutine for each cache that never ends by itself.
const sweepEvery = time.Minute

// Cache is a go-cache of at most a given number of entries; past it the oldest
// key goes. It is safe for concurrent use.
type Cache[V any] struct {
	entries *gocache.Cache
	size    int

	mu       sync.Mutex
	ring     []string // keys in order of insertion; a key that was set anew after it expired may stand twice
	next     int
	sweeping bool // a sweep is to come
}

// New makes a cache of at most size entries, at least one.
func New[V any](size int) *Cache[V] {
	return &Cache[V]{
		entries: gocache.New(gocache.NoExpiration, 0), // without a janitor
		size:    max(size, 1),
	}
}

// Get returns the entry of a key, unless it is absent or expired.
func (c *Cache[V]) Get(key string) (V, bool) {
	v, ok := c.entries.Get(key)
	if !ok {
		var zero V
		return zero, false
	}
	return v.(V), true
}

// Set keeps an entry for ttl; a ttl of zero or less keeps nothing.
func (c *Cache[V]) Set(key string, value V, ttl time.Duration) {
	if ttl <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries.Get(key); !ok {
		c.makeRoom(key)
	}
	c.entries.Set(key, value, ttl)
	if !c.sweeping {
		c.sweepLater()
	}
}

// sweepLater has the expired entries deleted after a while, for as long as there are
// any entries. The timer does not keep a cache that nobody uses any more.
func (c *Cache[V]) sweepLater() {
	c.sweeping = true
	cache := weak.Make(c)
	time.AfterFunc(sweepEvery, func() {
		if c := cache.Value(); c != nil {
			c.sweep()
		}
	})
}

func (c *Cache[V]) sweep() {
	c.entries.DeleteExpired()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweeping = false
	if c.entries.ItemCount() > 0 {
		c.sweepLater()
	}
}

// makeRoom gives key a place in the ring, and deletes the key that had it.
// Every live key stands in the ring, so the ring's size bounds the entries.
func (c *Cache[V]) makeRoom(key string) {
	if len(c.ring) < c.size {
		c.ring = append(c.ring, key)
		return
	}
	c.entries.Delete(c.ring[c.next])
	c.ring[c.next] = key
	c.next = (c.next + 1) % len(c.ring)
}

// Delete drops the entry of a key.
func (c *Cache[V]) Delete(key string) { c.entries.Delete(key) }

// Len is the number of entries held, expired ones not yet swept included.
func (c *Cache[V]) Len() int { return c.entries.ItemCount() }

// All are the entries held that have not expired, in no order.
func (c *Cache[V]) All() iter.Seq[V] {
	return func(yield func(V) bool) {
		for _, item := range c.entries.Items() {
			if !yield(item.Object.(V)) {
				return
			}
		}
	}
}
