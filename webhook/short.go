package webhook

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/pullgate/pullgate/resolver/bounded"
)

const (
	// apiTTL is how old what was read of the API may be that lets a Pod
	// through. A denial never rests on what was not just read.
	apiTTL     = 30 * time.Second
	maxObjects = 10_000
)

// shortCache keeps for a short while what was read of single objects: those that
// must never be listed or watched.
type shortCache[V any] struct {
	read  func(context.Context, client.ObjectKey) (v V, keep bool, err error)
	cache *bounded.Cache[V]
}

// newShortCache makes a cache of what read reads. What it says not to keep is read
// each time.
func newShortCache[V any](read func(context.Context, client.ObjectKey) (v V, keep bool, err error)) shortCache[V] {
	return shortCache[V]{read: read, cache: bounded.New[V](maxObjects)}
}

// known returns what the cache holds.
func (c shortCache[V]) known(key client.ObjectKey) (V, bool) { return c.cache.Get(key.String()) }

// get returns an object, and whether it came out of the cache. With anew it is
// read whatever the cache holds. Errors are not kept.
func (c shortCache[V]) get(ctx context.Context, key client.ObjectKey, anew bool) (v V, cached bool, err error) {
	if known, ok := c.known(key); ok && !anew {
		return known, true, nil
	}
	v, keep, err := c.read(ctx, key)
	if err == nil && keep {
		c.cache.Set(key.String(), v, apiTTL)
	}
	return v, false, err
}
