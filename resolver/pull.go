package resolver

import (
	"context"
	"time"

	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/provider"
	"github.com/pullgate/pullgate/resolver/reference"
)

// maxCredentials is how many are tried for one image. A node tries all, and all
// that a megabyte of Secret holds would try a registry, or guess a password.
const maxCredentials = 16

// pulling is one image being tried as a node tries it: with the credentials of the
// Pod's Secrets, of the node's config.json and of its credential providers, each in
// turn, until one succeeds; or once without any, if there are none (P23, P24, P30).
type pulling struct {
	r      *Resolver
	ref    reference.Reference
	pod    Pod
	asked  *provider.Asked
	answer provider.Answer

	failed []failedAttempt
	unfit  *Verdict // what was found with one of them, and no node can use
}

// failedAttempt is a credential that did not succeed.
type failedAttempt struct {
	credential keyring.Credential
	outcome    outcome
}

// pull tries to pull an image.
func (r *Resolver) pull(ctx context.Context, ref reference.Reference, pod Pod) Verdict {
	// What has to be run is under way while the Secrets are tried.
	p := &pulling{r: r, ref: ref, pod: pod, asked: r.nodes.Providers().Ask(ctx, provider.Question{
		Repository: ref.Name(), Account: pod.Account,
		Tokens: r.config.CredentialProviders.Tokens, Timeout: r.config.CredentialProviders.Timeout.Duration,
	})}
	v := p.verdict(ctx)
	v.Cached = p.answer.Cached
	return v
}

// verdict tries all credentials, and concludes.
func (p *pulling) verdict(ctx context.Context) Verdict {
	for _, step := range []func(context.Context) *Verdict{p.withSecrets, p.withNodeFile, p.withProviders, p.withNone} {
		if v := step(ctx); v != nil {
			return *v
		}
	}
	if p.unfit != nil {
		if v, open := stillOpen(p.failed); open {
			return v
		}
		return *p.unfit
	}
	if v := p.remembered(); v != nil {
		return *v
	}
	v := p.conclude()
	if v.Reason == Unauthorized && !p.failed[0].credential.Anonymous() && p.public(ctx) {
		v.Message = also(v.Message, publicWords(p.failed)) // C14, P30
	}
	return v
}

func (p *pulling) withSecrets(ctx context.Context) *Verdict {
	return p.each(ctx, p.pod.Credentials.ring.Lookup(p.ref.Name()))
}

func (p *pulling) withNodeFile(ctx context.Context) *Verdict {
	return p.each(ctx, p.r.nodes.file().Lookup(p.ref.Name()))
}

// withProviders tries what the credential providers have. One credential may come
// under several keys, and is tried once (P43).
func (p *pulling) withProviders(ctx context.Context) *Verdict {
	if !p.asked.Covered() {
		return nil
	}
	waiting, stop := p.r.patience(ctx)
	p.answer = p.asked.Wait(waiting)
	stop()
	for _, c := range p.answer.Credentials {
		if before, twice := p.triedBefore(c); twice {
			p.failed = append(p.failed, failedAttempt{c, before})
			continue
		}
		before := len(p.failed)
		if v := p.each(ctx, []keyring.Credential{c}); v != nil {
			return v
		}
		if !p.refusedSince(before) {
			continue
		}
		// Nodes differ in the age of what they keep (P37).
		waiting, stop := p.r.patience(ctx)
		renewed, ok, failure := p.asked.Renew(waiting, c)
		stop()
		if failure != nil {
			p.answer.Failed = append(p.answer.Failed, *failure)
		}
		if ok {
			p.failed = p.failed[:len(p.failed)-1]
			if v := p.one(ctx, renewed); v != nil {
				return v
			}
		}
	}
	return nil
}

// withNone makes the one attempt without credentials, if there were none: a node makes
// none after another was refused (C14).
func (p *pulling) withNone(ctx context.Context) *Verdict {
	if len(p.failed) > 0 || p.unfit != nil {
		return nil
	}
	return p.each(ctx, []keyring.Credential{{}})
}

// each tries credentials until one succeeds. There is no verdict if none does.
func (p *pulling) each(ctx context.Context, credentials []keyring.Credential) *Verdict {
	for _, c := range credentials {
		if len(p.failed) == maxCredentials {
			p.failed = append(p.failed, failedAttempt{c, tooManyCredentials()})
		}
		if len(p.failed) > maxCredentials {
			return nil
		}
		if v := p.one(ctx, c); v != nil {
			return v
		}
	}
	return nil
}

// one tries one credential.
func (p *pulling) one(ctx context.Context, c keyring.Credential) *Verdict {
	o, v := p.try(ctx, c)
	switch {
	case v == nil:
		p.failed = append(p.failed, failedAttempt{c, o})
	case v.Reason.Class() == ClassPullable:
		return v
	// Another credential may open a mirror that has what this one did not find.
	case p.unfit == nil || p.unfit.Reason.Class() == ClassDefinite:
		p.unfit = v
	}
	return nil
}

// try makes an attempt, and holds what it finds against the nodes. There is no verdict
// if it finds nothing.
func (p *pulling) try(ctx context.Context, c keyring.Credential) (outcome, *Verdict) {
	o := p.r.attempt(ctx, p.ref, c, anyAge)
	if o.reason != Pullable {
		return o, nil
	}
	v := p.suit(ctx, c, o)
	if v.Reason.Class() != ClassDefinite || !p.mayHaveChanged(o) {
		return o, &v
	}
	// A tag may stand for another image by now.
	o = p.r.attempt(ctx, p.ref, c, p.r.config.Cache.NotFound.Duration)
	if o.reason != Pullable || o.instead != nil {
		return o.unverified(), nil
	}
	v = p.suit(ctx, c, o)
	return o, &v
}

// suit holds what an attempt has found against the nodes.
func (p *pulling) suit(ctx context.Context, c keyring.Credential, o outcome) Verdict {
	endpoint, err := p.r.client.EndpointID(p.ref.Host)
	f := newFound(endpoint, p.ref, c, o)
	if err != nil {
		return f.verdict() // certs.d has become unreadable since the attempt
	}
	return p.r.suit(ctx, f, p.pod)
}

// mayHaveChanged reports whether an answer is too old to deny a Pod by.
func (p *pulling) mayHaveChanged(o outcome) bool {
	return p.ref.Digest == "" && o.age() > p.r.config.Cache.NotFound.Duration
}

// triedBefore is what an equal credential came to.
func (p *pulling) triedBefore(c keyring.Credential) (outcome, bool) {
	for _, f := range p.failed {
		same := f.credential.Username == c.Username && f.credential.Password == c.Password
		if same || f.credential.Anonymous() && c.Anonymous() {
			return f.outcome, true
		}
	}
	return outcome{}, false
}

// refusedSince reports whether the attempt since then was refused for its credential.
func (p *pulling) refusedSince(before int) bool {
	return len(p.failed) > before && p.failed[len(p.failed)-1].outcome.reason == Unauthorized
}

// public reports whether an image can be pulled by anyone, as far as can be told
// in the time left.
func (p *pulling) public(ctx context.Context) bool {
	ctx, cancel := p.r.explainContext(ctx, ctx)
	defer cancel()
	return p.r.attempt(ctx, p.ref, keyring.Credential{}, anyAge).reason == Pullable
}

// remembered is what is known of an image from the time when a credential provider
// still answered: that it does not now says nothing of the image.
func (p *pulling) remembered() *Verdict {
	for _, failure := range p.answer.Failed {
		for _, c := range failure.Last {
			key, endpoint, err := p.r.key(p.ref, c)
			if err != nil {
				continue
			}
			old, ok := p.r.cache.Get(key)
			if !ok {
				continue
			}
			if o := p.r.orStale(old, providerFailed(failure)); o.instead != nil {
				v := newFound(endpoint, p.ref, c, o).verdict()
				return &v
			}
		}
	}
	return nil
}

const (
	// patienceMargin is kept of the time that there is, so that an image that is
	// public is found to be so though a credential provider does not answer (P31).
	patienceMargin = time.Second
	patienceShare  = 2 // at most a half
)

// patience is the time that there is to wait for credential providers.
func (r *Resolver) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	budget := r.config.Limits.LookupTimeout.Duration
	if r.patient {
		budget = r.config.CredentialProviders.Timeout.Duration
	}
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		budget = min(budget, left-min(patienceMargin, left/patienceShare))
	}
	return context.WithTimeout(ctx, budget)
}
