package provider

import (
	"context"
	"errors"
	"time"

	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/words"
)

// Question is what a node would ask its credential providers.
type Question struct {
	// Repository is the image's, normalised, without tag and digest.
	Repository string
	// Account is the Pod's ServiceAccount.
	Account Account
	// Tokens says whose tokens providers get.
	Tokens TokenMode
	// Timeout ends a run, whoever waits for it.
	Timeout time.Duration
}

// Answer is what the providers came to.
type Answer struct {
	// Credentials are in the order in which a node tries them.
	Credentials []keyring.Credential
	// Failed are the providers without an answer; a node goes on without them.
	Failed []Failure
	// Withheld are providers that a node would run, and pullgate does not.
	Withheld []Withheld
	// Cached tells that it rests on a ServiceAccount that was not just read.
	Cached bool
}

// Withheld is a provider that is not run.
type Withheld struct{ Provider, Why string }

// Asked is a question under way.
type Asked struct {
	question Question
	at       time.Time
	parts    []*part
}

// part is one provider's part of the answer.
type part struct {
	plugin   *plugin
	done     chan struct{} // closed once the rest is set; nil if it is
	subject  subject
	answer   *answer
	run      *run
	failure  *Failure
	withheld *Withheld
}

// Covered reports whether a node would ask any provider.
func (a *Asked) Covered() bool { return len(a.parts) > 0 }

// Ask asks the providers that cover a repository, and waits for none: what is not
// known yet is being found out from now on.
func (s *Set) Ask(ctx context.Context, q Question) *Asked {
	a := &Asked{question: q, at: time.Now()}
	if s == nil {
		return a
	}
	for _, p := range s.plugins {
		if !p.patterns.Match(q.Repository) {
			continue
		}
		part := &part{plugin: p}
		a.parts = append(a.parts, part)
		if p.config.TokenAttributes == nil {
			part.begin(ctx, q)
			continue
		}
		part.done = make(chan struct{})
		go func() { // tokens come from the API server
			defer close(part.done)
			defer part.survive()
			part.begin(ctx, q)
		}()
	}
	return a
}

// begin finds out on whose behalf the plugin is run, and starts the run if need be.
func (p *part) begin(ctx context.Context, q Question) {
	s, is, why, err := p.plugin.subject(ctx, q.Account, q.Tokens)
	p.subject = s
	switch {
	case err != nil:
		p.failure = p.plugin.failed(q.Repository, s, inTime(err))
		p.failure.Why = words.Cut(words.Printable(p.failure.Why), maxSaid)
	case is == withheld:
		p.withheld = &Withheld{Provider: p.plugin.config.Name, Why: why}
	case is == asked:
		p.answer, p.run, p.failure = p.plugin.look(q.Repository, s, q.Timeout, time.Time{})
	}
}

// survive makes a failure of a panic, which would end the process.
func (p *part) survive() {
	if caught := recover(); caught != nil {
		p.plugin.caught(caught)
		p.answer, p.run, p.failure = nil, nil, &Failure{Provider: p.plugin.config.Name, Why: errInternal.Error()}
	}
}

// Wait waits for the answer until ctx is done: a provider without one by then has
// failed, and its run goes on for those who come later.
func (a *Asked) Wait(ctx context.Context) (found Answer) {
	var answers []*keyring.Secret
	for _, p := range a.parts {
		if p.done != nil && !ended(ctx, p.done) {
			found.Failed = append(found.Failed, Failure{Provider: p.plugin.config.Name, Why: "the ServiceAccount's token did not come in time"})
			continue
		}
		found.Cached = found.Cached || p.subject.cached
		answer, failure := p.answer, p.failure
		if p.run != nil {
			answer, failure = p.plugin.wait(ctx, p.run, a.question.Repository, p.subject, a.question.Timeout, time.Time{})
		}
		switch {
		case failure != nil:
			found.Failed = append(found.Failed, *failure)
		case p.withheld != nil:
			found.Withheld = append(found.Withheld, *p.withheld)
		case answer != nil:
			answers = append(answers, answer.credentials)
		}
	}
	found.Credentials = lookup(answers, a.question.Repository)
	return found
}

// ended waits until something is done, or ctx is: what is there counts, however late.
func ended(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
	}
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// lookup orders the credentials of all answers: longer keys first, and equal ones in
// the order of the providers (P26, P27).
func lookup(answers []*keyring.Secret, repository string) []keyring.Credential {
	ring, err := keyring.Join(answers)
	if err != nil {
		return nil // never: no answer is malformed
	}
	return ring.Lookup(repository)
}

// Renew runs the plugin again that answered with a credential which its registry
// refuses, and returns the one that it answers with now (P37). There is none if it has
// the same, if it has answered a moment ago, or if it fails or has none any more: then
// the refusal proves nothing.
func (a *Asked) Renew(ctx context.Context, refused keyring.Credential) (renewed keyring.Credential, ok bool, failure *Failure) {
	obtained := refused.Origin.Obtained
	if !obtained.Before(a.at) {
		return renewed, false, nil // for this very question
	}
	for _, p := range a.parts {
		if p.plugin.config.Name != refused.Provider() {
			continue
		}
		answer, run, failure := p.plugin.force(a.question.Repository, p.subject, a.question.Timeout, obtained)
		if run != nil {
			answer, failure = p.plugin.wait(ctx, run, a.question.Repository, p.subject, a.question.Timeout, obtained)
		}
		if answer == nil {
			return renewed, false, failure
		}
		for _, c := range lookup([]*keyring.Secret{answer.credentials}, a.question.Repository) {
			if c.ID() == refused.ID() {
				return c, c.Username != refused.Username || c.Password != refused.Password, nil
			}
		}
		failure = p.plugin.failed(a.question.Repository, p.subject, errors.New("it has no such credentials any more, and those that it had are refused"))
		return renewed, false, failure
	}
	return renewed, false, nil
}
