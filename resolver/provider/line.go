package provider

import (
	"context"
	"errors"
	"sync"
	"time"

	credentialv1 "k8s.io/kubelet/pkg/apis/credentialprovider/v1"

	"github.com/pullgate/pullgate/resolver/keyring"
)

const (
	// firstBackOff doubles with each failure in a row, up to longestBackOff (P35).
	firstBackOff   = 10 * time.Second
	longestBackOff = 5 * time.Minute
	// forceEvery is how often a plugin is run again for a credential that its
	// registry refuses (P37): it may have a better one, and it may not.
	forceEvery = 5 * time.Minute
)

// line is what is known of a plugin's runs for one registry, on behalf of one
// subject.
type line struct {
	mu sync.Mutex
	// runs are under way, by repository; all images wait for the one under ""
	// unless the plugin has answered for one image only.
	runs     map[string]*run
	perImage bool

	failures int // in a row
	until    time.Time
	why      string // of the last failure

	forced time.Time // by the last force that the plugin answered, or has yet to answer
	// last are the credentials of the last answer, without their passwords: what a
	// registry answered to them may still be known when they are no more.
	last *keyring.Secret
}

// run is one run of a plugin, from its request for a place on.
type run struct {
	done   chan struct{} // closed once answer and err are set
	answer *answer
	err    error
}

// Failure is a provider that had no answer, where a kubelet's may have one.
type Failure struct {
	Provider string
	// Why is what went wrong, for users; it holds nothing that the plugin printed.
	Why string
	// Last are the credentials that it had when it last answered, without their
	// passwords.
	Last []keyring.Credential
}

// look finds the answer for a repository: one that is kept, a run that will bring it,
// or why there is none. It starts the run. With anew, what was answered before that
// time will not do.
func (p *plugin) look(repository string, s subject, timeout time.Duration, anew time.Time) (*answer, *run, *Failure) {
	if a, ok := p.cached(repository, s); ok && a.at.After(anew) {
		if a.age() > a.dueAt() {
			p.renew(repository, s, timeout)
		}
		return a, nil, nil
	}
	l := p.line(repository, s)
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.runs[l.key(repository)]; r != nil {
		return nil, r, nil
	}
	if time.Until(l.until) > 0 {
		return nil, nil, p.failure(l, repository)
	}
	return nil, p.start(l, repository, s, timeout, anew), nil
}

// renew runs the plugin in the background, for an answer that is still good.
func (p *plugin) renew(repository string, s subject, timeout time.Duration) {
	l := p.line(repository, s)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.runs[l.key(repository)] == nil && time.Until(l.until) <= 0 {
		p.start(l, repository, s, timeout, time.Now())
	}
}

// force runs the plugin for a credential that was refused, unless it has answered anew
// a moment ago, or is left alone (P37).
func (p *plugin) force(repository string, s subject, timeout time.Duration, refused time.Time) (*answer, *run, *Failure) {
	if a, ok := p.cached(repository, s); ok && a.at.After(refused) {
		return a, nil, nil // somebody else has had it renewed
	}
	l := p.line(repository, s)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch r := l.runs[l.key(repository)]; {
	case r != nil:
		return nil, r, nil
	case time.Until(l.until) > 0:
		return nil, nil, p.failure(l, repository)
	case !l.forced.IsZero() && time.Since(l.forced) < forceEvery:
		return nil, nil, nil
	}
	l.forced = time.Now()
	return nil, p.start(l, repository, s, timeout, refused), nil
}

// key is under what a run for a repository is known.
func (l *line) key(repository string) string {
	if l.perImage {
		return repository
	}
	return ""
}

// start starts a run, which goes on whoever waits for it. The line is locked.
func (p *plugin) start(l *line, repository string, s subject, timeout time.Duration, anew time.Time) *run {
	r := &run{done: make(chan struct{})}
	key, newcomer := l.key(repository), l.last == nil
	if l.runs == nil {
		l.runs = map[string]*run{}
	}
	l.runs[key] = r
	p.set.life.begin(func() {
		defer close(r.done)
		r.answer, r.err = p.run(repository, s, timeout, anew, newcomer)
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.runs, key)
		l.note(r)
	})
	return r
}

// note notes how a run ended. The line is locked.
func (l *line) note(r *run) {
	switch {
	case r.err == nil:
		l.failures, l.until, l.why = 0, time.Time{}, ""
		l.perImage = r.answer.kind == credentialv1.ImagePluginCacheKeyType
		l.last = r.answer.credentials.WithoutPasswords()
		return
	case errors.Is(r.err, errTooManyRuns), errors.Is(r.err, errNoTurn), errors.Is(r.err, context.Canceled):
		l.why = r.err.Error() // says nothing of the plugin
	default:
		l.failures++
		l.why = r.err.Error()
		l.until = time.Now().Add(backOff(l.failures))
	}
	l.forced = time.Time{} // to no avail
}

// backOff is how long a plugin is left alone after so many failures.
func backOff(failures int) time.Duration {
	wait := firstBackOff
	for range failures - 1 {
		if wait *= 2; wait >= longestBackOff {
			return longestBackOff
		}
	}
	return wait
}

// failure is what a line last failed with. The line is locked.
func (p *plugin) failure(l *line, repository string) *Failure {
	f := &Failure{Provider: p.config.Name, Why: l.why}
	if l.last != nil { // it has answered before
		f.Last = lookup([]*keyring.Secret{l.last}, repository)
	}
	return f
}

// wait waits for the answer for a repository. A run for another image of the registry
// may bring it (P36).
func (p *plugin) wait(ctx context.Context, r *run, repository string, s subject, timeout time.Duration, anew time.Time) (*answer, *Failure) {
	for {
		if !ended(ctx, r.done) {
			return nil, p.failed(repository, s, errors.New("it did not answer in time"))
		}
		if r.err != nil {
			return nil, p.failed(repository, s, r.err)
		}
		if r.answer.covers(repository) {
			return r.answer, nil
		}
		a, next, failure := p.look(repository, s, timeout, anew)
		if a != nil || failure != nil {
			return a, failure
		}
		r = next
	}
}

// failed is a Failure for a reason of its own.
func (p *plugin) failed(repository string, s subject, err error) *Failure {
	l := p.line(repository, s)
	l.mu.Lock()
	defer l.mu.Unlock()
	f := p.failure(l, repository)
	f.Why = err.Error()
	return f
}
