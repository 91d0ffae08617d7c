package webhook

import (
	"context"
	"time"

	"golang.org/x/sync/singleflight"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/pullgate/pullgate/resolver/bounded"
)

const (
	// apiTTL is how old what was read of the API may be that lets a Pod
	// through. A denial never rests on what was not just read.
	apiTTL     = 30 * time.Second
	maxObjects = 10_000
	// readTimeout ends a read that several wait for.
	readTimeout = 3 * time.Second
)

// shortCache keeps for a short while what was read of single objects: those that
// must never be listed or watched.
type shortCache[V any] struct {
	read  func(context.Context, client.ObjectKey) (v V, keep bool, err error)
	cache *bounded.Cache[V]
	// flights are the reads under way.
	flights *singleflight.Group
}

// newShortCache makes a cache of what read reads. What it says not to keep is read
// each time.
func newShortCache[V any](read func(context.Context, client.ObjectKey) (v V, keep bool, err error)) shortCache[V] {
	return shortCache[V]{read: read, cache: bounded.New[V](maxObjects), flights: &singleflight.Group{}}
}

// known returns what the cache holds.
func (c shortCache[V]) known(key client.ObjectKey) (V, bool) { return c.cache.Get(key.String()) }

// forget has an object read once more by whoever asks next.
func (c shortCache[V]) forget(key client.ObjectKey) { c.cache.Delete(key.String()) }

// get returns an object, and whether it came out of the cache. With anew it is
// read whatever the cache holds. Errors are not kept.
func (c shortCache[V]) get(ctx context.Context, key client.ObjectKey, anew bool) (v V, cached bool, err error) {
	if anew {
		v, err = c.renew(ctx, key)
		return v, false, err
	}
	if known, ok := c.known(key); ok {
		return known, true, nil
	}
	// Whoever asks meanwhile gets the same answer, also when the first, whose
	// context it is, goes away.
	shared, err, _ := c.flights.Do(key.String(), func() (any, error) {
		ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), readTimeout)
		defer stop()
		return c.renew(ctx, key)
	})
	if err != nil {
		return v, false, err
	}
	return shared.(V), false, nil
}

func (c shortCache[V]) renew(ctx context.Context, key client.ObjectKey) (V, error) {
	v, keep, err := c.read(ctx, key)
	if err == nil && keep {
		c.cache.Set(key.String(), v, apiTTL)
	}
	return v, err
}
