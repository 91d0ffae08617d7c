package resolver

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry"
)

// known is an outcome that may be used again. Its age is measured by the
// monotonic clock, so that a wall clock that jumps makes nothing old or young.
type known struct {
	outcome
	ttl   time.Duration
	login string // the ID of the login that was used
	// renewing is set once somebody asks anew in the background.
	renewing atomic.Bool
}

func (o outcome) age() time.Duration { return time.Since(o.at) }

func (k *known) fresh() bool { return k.age() < k.ttl }

// dueAt is when an answer in constant use is asked for anew.
func (k *known) dueAt() time.Duration { return k.ttl - k.ttl/5 }

// due reports whether it is time to ask anew in the background, to the first who
// asks: in the last fifth of its time, so that an image in constant use is never
// looked up in a Pod's path.
func (k *known) due() bool {
	return k.reason == Pullable && k.age() > k.dueAt() && k.renewing.CompareAndSwap(false, true)
}

// speaksOf reports whether an answer holds for a login. A refusal is one of a password:
// of none that has taken its place since (P37).
func (k *known) speaksOf(login registry.Login) bool {
	return k.reason != Unauthorized || k.login == login.ID
}

// remember keeps an outcome for as long as it may be used again. Unverified ones
// are not kept: the next Pod asks anew.
func (r *Resolver) remember(key string, ref reference.Reference, login registry.Login, o outcome) {
	k := &known{outcome: o, login: login.ID}
	cache := r.config.Cache
	switch {
	case o.reason == Pullable && ref.Digest != "":
		k.ttl = cache.Digest.Duration
		r.cache.Set(key, k, max(k.ttl, cache.Stale.Duration))
	case o.reason == Pullable:
		k.ttl = cache.Tag.Duration
		r.cache.Set(key, k, max(k.ttl, cache.Stale.Duration))
	case o.reason.Class() == ClassDefinite:
		k.ttl = cache.NotFound.Duration
		r.cache.Set(key, k, k.ttl)
	}
}

// orStale returns what was found before in place of an outcome that says nothing
// of the image: the registry cannot be asked, and nodes may well have it.
func (r *Resolver) orStale(old *known, o outcome) outcome {
	if old == nil || o.reason.Class() != ClassUnverified || old.reason != Pullable || old.age() >= r.config.Cache.Stale.Duration {
		r.observer.Answered(FromRegistry)
		return o
	}
	r.observer.Answered(FromStale)
	stale := old.outcome
	stale.says = fmt.Sprintf("%s; %s ago it could be pulled", o.says, ageWords(old.age()))
	stale.detail = o.detail
	stale.instead = &o
	return stale
}

// unverified is what stands behind a stale outcome: why the registry could not be
// asked. Others it leaves as they are.
func (o outcome) unverified() outcome {
	if o.instead == nil {
		return o
	}
	return *o.instead
}

// ageWords is, say, "12 minutes".
func ageWords(d time.Duration) string {
	count, unit := int(d/time.Second), "second"
	switch {
	case d >= time.Hour:
		count, unit = int(d/time.Hour), "hour"
	case d >= time.Minute:
		count, unit = int(d/time.Minute), "minute"
	}
	if count == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", count, unit)
}

// renew asks anew in the background. If that comes to nothing, what is known
// stays until its time is over.
func (r *Resolver) renew(ctx context.Context, key string, ref reference.Reference, login registry.Login, old *known) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.config.Limits.LookupTimeout.Duration)
	flight := r.fly(ctx, key, ref, login, old)
	go func() {
		defer cancel()
		<-flight
	}()
}
