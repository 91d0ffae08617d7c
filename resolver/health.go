package resolver

import (
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/pullgate/pullgate/resolver/bounded"
	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry"
)

const (
	// failuresToOpen in a row, and a registry is left alone for a while.
	failuresToOpen = 5
	// maxHosts bounds what is remembered of hosts: strangers can name any.
	maxHosts  = 4096
	healthTTL = 10 * time.Minute
)

// health is what is known of registries, as opposed to images: which do not
// answer, and which have asked not to be asked.
type health struct {
	backOff time.Duration // 0: nothing is known

	mu       sync.Mutex
	breakers *bounded.Cache[*gobreaker.TwoStepCircuitBreaker[any]]
	limits   *bounded.Cache[time.Time] // when a rate limit ends, by host and login
}

func newHealth(backOff time.Duration) *health {
	return &health{
		backOff:  backOff,
		breakers: bounded.New[*gobreaker.TwoStepCircuitBreaker[any]](maxHosts),
		limits:   bounded.New[time.Time](maxHosts),
	}
}

// breaker is a host's own, so that a registry that fails holds up nobody who
// asks another.
func (h *health) breaker(host string) *gobreaker.TwoStepCircuitBreaker[any] {
	h.mu.Lock()
	defer h.mu.Unlock()
	b, ok := h.breakers.Get(host)
	if !ok {
		b = gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
			Timeout:     h.backOff,
			ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresToOpen },
		})
		h.breakers.Set(host, b, healthTTL)
	}
	return b
}

// leavesAlone reports whether a host is not asked now, because it has not answered
// for a while.
func (h *health) leavesAlone(host string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	b, ok := h.breakers.Get(host)
	return ok && b.State() == gobreaker.StateOpen
}

// errFailing is reported to a breaker for an outcome that is the registry's
// fault.
var errFailing = errors.New("the registry does not answer")

// begin asks whether a registry may be asked now. If so, done must be told what
// came of it; if not, the outcome says why.
func (h *health) begin(ref reference.Reference, login registry.Login) (done func(outcome), refusal *outcome) {
	if h.backOff == 0 {
		return func(outcome) {}, nil
	}
	if until, ok := h.limits.Get(limitKey(ref, login)); ok && time.Until(until) > 0 {
		o := rateLimitedUntil(ref, until)
		return nil, &o
	}
	told, err := h.breaker(ref.Host).Allow()
	if err != nil {
		o := leftAlone(ref)
		return nil, &o
	}
	return func(o outcome) { h.note(ref, login, o, told) }, nil
}

func (h *health) note(ref reference.Reference, login registry.Login, o outcome, told func(error)) {
	switch {
	case o.page:
		told(nil) // it answers; and a page for one image must not keep pullgate from the others
	case o.reason == Unreachable, o.reason == Timeout, o.reason == RegistryUnavailable:
		told(errFailing)
	case o.reason == RateLimited:
		told(nil)
		if wait := time.Until(o.retryAt); wait > 0 {
			h.limits.Set(limitKey(ref, login), o.retryAt, wait)
		}
	default:
		told(nil)
	}
}

// limitKey: a registry counts by account, or by address where there is none.
func limitKey(ref reference.Reference, login registry.Login) string {
	return ref.Host + "\x00" + login.ID
}
