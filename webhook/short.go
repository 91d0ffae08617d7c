package webhook

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/pullgate/pullgate/resolver/bounded"
)

// What was read of the API lets a Pod through for a while. A denial never rests on
// what was not just read.
const (
	// apiTTL is how long it counts as fresh.
	apiTTL = 30 * time.Second
	// apiGrace is how long after that it is used once more, while it is read anew
	// for those who come next: nobody has to wait for it.
	apiGrace   = 30 * time.Second
	maxObjects = 10_000
	// readTimeout ends a read that several wait for.
	readTimeout = 3 * time.Second
)

// shortCache keeps for a short while what was read of single objects: those that
// must never be listed or watched.
type shortCache[V any] struct {
	read  func(context.Context, client.ObjectKey) (v V, keep bool, err error)
	cache *bounded.Cache[dated[V]]
	// flights are the reads under way.
	flights *singleflight.Group
}

// dated is what was read, and when.
type dated[V any] struct {
	v  V
	at time.Time
}

// newShortCache makes a cache of what read reads. What it says not to keep is read
// each time.
func newShortCache[V any](read func(context.Context, client.ObjectKey) (v V, keep bool, err error)) shortCache[V] {
	return shortCache[V]{read: read, cache: bounded.New[dated[V]](maxObjects), flights: &singleflight.Group{}}
}

// known returns what the cache holds. What is no longer fresh is read anew
// meanwhile.
func (c shortCache[V]) known(ctx context.Context, key client.ObjectKey) (v V, ok bool) {
	known, ok := c.cache.Get(key.String())
	if ok && time.Since(known.at) > apiTTL {
		c.fly(ctx, key)
	}
	return known.v, ok
}

// get returns an object, and whether it came out of the cache. With anew it is
// read whatever the cache holds. Errors are not kept.
func (c shortCache[V]) get(ctx context.Context, key client.ObjectKey, anew bool) (v V, cached bool, err error) {
	if anew {
		v, err = c.renew(ctx, key)
		return v, false, err
	}
	if known, ok := c.known(ctx, key); ok {
		return known, true, nil
	}
	select {
	case shared := <-c.fly(ctx, key):
		if shared.Err != nil {
			return v, false, shared.Err
		}
		return shared.Val.(V), false, nil
	case <-ctx.Done():
		return v, false, context.Cause(ctx)
	}
}

// fly begins a read, or joins the one that is under way. It goes on when the first
// who asked, whose context it is, has gone away. A panic in it would end the process,
// since it runs in a goroutine of its own.
func (c shortCache[V]) fly(ctx context.Context, key client.ObjectKey) <-chan singleflight.Result {
	return c.flights.DoChan(key.String(), func() (read any, err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic while %s was read: %v", key, p)
			}
		}()
		ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), readTimeout)
		defer stop()
		return c.renew(ctx, key)
	})
}

func (c shortCache[V]) renew(ctx context.Context, key client.ObjectKey) (V, error) {
	v, keep, err := c.read(ctx, key)
	if err == nil && keep {
		c.cache.Set(key.String(), dated[V]{v, time.Now()}, apiTTL+apiGrace)
	}
	return v, err
}
