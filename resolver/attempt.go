package resolver

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"runtime/debug"
	"time"

	"github.com/go-logr/logr"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/singleflight"

	"github.com/pullgate/pullgate/resolver/content"
	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry"
)

// outcome is what one attempt came to: the part of a verdict that does not
// depend on whose Pod it is, and so may be shared.
type outcome struct {
	reason Reason
	// says is the registry's side of the message.
	says   string
	digest string
	size   int64 // of the manifest, in bytes, as announced
	// near is the tag that was probably meant, of one that does not exist.
	near string
	// index is set if the image is one.
	index *content.Index
	// listed tells that the registry's error list says that the image is not there.
	listed bool
	// served tells that the registry has served something: what is wrong with that is
	// wrong with it for everybody.
	served bool
	// page tells that something in the registry's place has answered.
	page bool
	// doubt is what it came to at an endpoint that a node asks before, and that
	// may have something else.
	doubt  *outcome
	detail string
	// retryAt is when a rate limit ends, if the registry said so.
	retryAt time.Time
	// instead is what it stands in for, if it is stale: why the registry could not
	// be asked.
	instead *outcome
	// at is when it was learned.
	at time.Time
}

// descriptor is what a node would fetch next. Of which kind a plain manifest is
// makes no difference to it.
func (o outcome) descriptor() ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.Digest(o.digest), Size: o.size}
}

// attempt looks an image up with one credential: from the cache, if what it holds
// is no older than maxAge, or together with whoever asks for the same right now.
func (r *Resolver) attempt(ctx context.Context, ref reference.Reference, c keyring.Credential, maxAge time.Duration) outcome {
	key, _, err := r.key(ref, c)
	if err != nil {
		o := unavailable(ref, "its certs.d entry cannot be read")
		o.detail = err.Error()
		return o
	}
	old, _ := r.cache.Get(key)
	if old != nil && old.fresh() && old.age() <= maxAge && (old.reason != Unauthorized || old.speaksOf(r.login(c))) {
		if old.due() {
			r.renew(ctx, key, ref, r.login(c), old)
		}
		r.observer.Answered(FromCache)
		return old.outcome
	}
	if ctx.Err() != nil {
		return r.orStale(old, timedOut(ref)) // and nothing is begun that nobody waits for
	}
	select {
	case result := <-r.fly(ctx, key, ref, r.login(c), old):
		return r.orStale(old, result.Val.(outcome))
	case <-ctx.Done():
		return r.orStale(old, timedOut(ref))
	}
}

// key is under what an answer is kept: it changes when certs.d does. It is a hash
// because there are 100,000 of them, and the rest is five times as long. It is keyed
// as a login's identity is, so that it reveals no password either, and made in one go:
// this is in every Pod's path. The endpoint's identity comes with it.
func (r *Resolver) key(ref reference.Reference, c keyring.Credential) (key, endpoint string, err error) {
	if endpoint, err = r.client.EndpointID(ref.Host); err != nil {
		return "", "", err
	}
	if c.Anonymous() {
		c = keyring.Credential{}
	}
	text := append(make([]byte, 0, 1024), r.fingerprintKey...) // most stay on the stack
	parts := []string{endpoint, ref.String(), c.Username, c.Password}
	if c.ID() != "" {
		// Its password is renewed, and what is known must outlive that (P67). It is one
		// part more, so that no Secret can pretend to be it.
		parts = []string{endpoint, ref.String(), c.Provider(), c.ID(), "provider"}
	}
	for _, part := range parts {
		// With its length, so that no other split of the same characters is equal.
		text = append(binary.AppendUvarint(text, uint64(len(part))), part...)
	}
	sum := sha256.Sum256(text)
	return string(sum[:]), endpoint, nil
}

// fly begins a look-up, or joins the one that is under way, for somebody to whom the old
// answer, nil if there was none, will not do. One that ended a moment ago has another.
func (r *Resolver) fly(ctx context.Context, key string, ref reference.Reference, login registry.Login, old *known) <-chan singleflight.Result {
	// Of a password that was renewed because it is refused, nobody wants the old answer.
	return r.flights.DoChan(key+login.ID, func() (any, error) {
		if k, ok := r.cache.Get(key); ok && k != old && k.fresh() && k.speaksOf(login) {
			return k.outcome, nil
		}
		start := time.Now()
		o := r.lookup(ctx, ref, login)
		o.detail = r.scrub(o.detail, ref, login)
		o.at = time.Now()
		r.observer.LookedUp(ref.Host, o.reason, o.at.Sub(start))
		r.remember(key, ref, login, o)
		return o, nil
	})
}

// lookup asks the registry on behalf of all who join it, so it must not end when
// the first, whose context it is given, goes away. A panic in it would end the
// process, since it runs in a goroutine of its own.
func (r *Resolver) lookup(first context.Context, ref reference.Reference, login registry.Login) (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			logr.FromContextOrDiscard(first).Error(fmt.Errorf("%v", p), "panic in a look-up", "registry", ref.Host, "stack", string(debug.Stack()))
			o = outcome{reason: InternalError, says: internalErrorWords}
		}
	}()
	if !r.underWay.TryAcquire(1) {
		return overloaded()
	}
	defer r.underWay.Release(1)
	// Whoever waits for a place gives up at the first one's deadline: a queue at
	// a registry that hangs must not grow.
	waiting, stop := detach(first)
	defer stop()
	release, err := r.hosts.acquire(waiting, ref.Host)
	if err != nil {
		return timedOut(ref)
	}
	defer release()
	login, o, wait := r.refusedBefore(ref, login)
	if wait {
		return o
	}
	done, refusal := r.health.begin(ref, login)
	if refusal != nil {
		return *refusal
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(first), r.config.Limits.LookupTimeout.Duration)
	defer cancel()
	m, err := r.client.Head(ctx, ref, login)
	r.noteLogin(ref, login, err)
	if err != nil {
		o = classify(ref, err)
		done(o)
		explaining, stop := r.explainContext(ctx, waiting)
		defer stop()
		return r.explain(explaining, ref, login, o, err)
	}
	o = r.judge(ctx, ref, m, login)
	done(o)
	return o
}

// judge holds what was found against what a node can use, and against what an
// endpoint might have that could not be asked.
func (r *Resolver) judge(ctx context.Context, ref reference.Reference, m registry.Manifest, login registry.Login) outcome {
	o := r.inspect(ctx, ref, m, login)
	o.served = o.served || o.reason == UnsupportedManifest
	if m.Doubt != nil {
		doubt := classify(ref, m.Doubt)
		if o.reason.Class() == ClassDefinite {
			return doubt
		}
		o.doubt = &doubt
	}
	return o
}

// detach keeps a context's deadline, and not its cancellation.
func detach(ctx context.Context) (context.Context, context.CancelFunc) {
	detached := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(detached, deadline)
	}
	return context.WithCancel(detached)
}

// login gives a credential the identity under which its answers are kept: a
// hash keyed for this process's life, so that no key reveals a password.
func (r *Resolver) login(c keyring.Credential) registry.Login {
	if c.Anonymous() {
		return registry.Login{}
	}
	mac := hmac.New(sha256.New, r.fingerprintKey)
	// With its length, so that no other split of the same characters is equal.
	mac.Write(fmt.Appendf(nil, "%d:%s%s", len(c.Username), c.Username, c.Password))
	return registry.Login{ID: string(mac.Sum(nil)), Username: c.Username, Password: c.Password}
}

// anyAge takes whatever the cache holds to be fresh.
const anyAge = time.Duration(math.MaxInt64)

// maxRateLimit is the longest that a registry can make us stay away.
const maxRateLimit = time.Hour

func newFingerprintKey() []byte {
	key := make([]byte, sha256.Size)
	rand.Read(key) // never fails
	return key
}
