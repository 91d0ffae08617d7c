// Package bounded bounds github.com/patrickmn/go-cache, which expires entries
// but keeps as many as it is given.
package bounded

import (
	"sync"
	"time"

	gocache "github.com/patrickmn/go-cache"
)

// sweepEvery is how often go-cache's janitor deletes expired entries.
const sweepEvery = time.Minute

// Cache is a go-cache of at most a given number of entries; past it the oldest
// key goes. It is safe for concurrent use.
type Cache[V any] struct {
	entries *gocache.Cache
	size    int

	mu   sync.Mutex
	ring []string // keys in order of insertion; a key that was set anew after it expired may stand twice
	next int
}

// New makes a cache of at most size entries, at least one.
func New[V any](size int) *Cache[V] {
	return &Cache[V]{
		entries: gocache.New(gocache.NoExpiration, sweepEvery),
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
