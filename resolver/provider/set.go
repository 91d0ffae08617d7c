package provider

import (
	"slices"
	"time"

	"github.com/go-logr/logr"

	"github.com/pullgate/pullgate/resolver/bounded"
	"github.com/pullgate/pullgate/resolver/keyring"
)

// Options are what a Set works with. The zero value runs plugins as processes, and
// hands them no tokens.
type Options struct {
	Runner   Runner
	Observer Observer
	// Accounts have the tokens, by the mode in which they are asked for.
	Accounts map[TokenMode]Accounts
	Log      logr.Logger
}

// Observer hears of runs, to count them. It must be safe for concurrent use.
type Observer interface {
	// Ran is called after each run, with why it failed.
	Ran(provider string, took time.Duration, err error)
}

type unobserved struct{}

// Ran does nothing.
func (unobserved) Ran(string, time.Duration, error) {}

// Set are the providers of a configuration. nil is none. It is safe for concurrent use.
type Set struct {
	plugins  []*plugin
	places   *places
	life     *life
	runner   Runner
	observer Observer
	accounts map[TokenMode]Accounts
	log      logr.Logger
	// known is what Known found, by repository.
	known *bounded.Cache[*found]
}

// found is what the providers are known to have for a repository.
type found struct {
	tokens      TokenMode
	credentials []keyring.Credential
	until       time.Time
}

const (
	maxFound = 4096
	foundTTL = time.Hour
)

// New makes a Set.
func New(c *Config, o Options) *Set {
	s := &Set{places: newPlaces(), life: newLife(), runner: o.Runner, observer: o.Observer, accounts: o.Accounts, log: o.Log, known: bounded.New[*found](maxFound)}
	if s.runner == nil {
		s.runner = processes{}
	}
	if s.observer == nil {
		s.observer = unobserved{}
	}
	for _, p := range c.Providers {
		s.plugins = append(s.plugins, newPlugin(s, p))
	}
	return s
}

// With returns a Set for another configuration, in which providers that have not
// changed keep what they have answered. Both may be used.
func (s *Set) With(c *Config) *Set {
	next := *s
	next.known, next.plugins = bounded.New[*found](maxFound), nil
	for _, p := range c.Providers {
		id := p.id()
		if n := slices.IndexFunc(s.plugins, func(old *plugin) bool { return old.id == id }); n >= 0 {
			next.plugins = append(next.plugins, s.plugins[n])
			continue
		}
		next.plugins = append(next.plugins, newPlugin(&next, p))
	}
	return &next
}

// Close ends all runs, and waits for it: plugins have process groups of their own,
// and would outlive the process. Questions fail from then on.
func (s *Set) Close() {
	if s != nil {
		s.life.close()
	}
}

// Audiences are those of the tokens that providers take (tokenAttributes), without
// repetition.
func (s *Set) Audiences() (audiences []string) {
	if s == nil {
		return nil
	}
	for _, p := range s.plugins {
		if t := p.config.TokenAttributes; t != nil && !slices.Contains(audiences, t.ServiceAccountTokenAudience) {
			audiences = append(audiences, t.ServiceAccountTokenAudience)
		}
	}
	return audiences
}

// Covers reports whether a node would ask any provider for a repository.
func (s *Set) Covers(repository string) bool {
	return s != nil && slices.ContainsFunc(s.plugins, func(p *plugin) bool { return p.patterns.Match(repository) })
}

// Known is what Ask and Wait would come to, if that is known without a wait and needs
// no run: most Pods ask for what the Pods before them asked for.
func (s *Set) Known(repository string, tokens TokenMode) (credentials []keyring.Credential, known bool) {
	if s == nil {
		return nil, true
	}
	if f, ok := s.known.Get(repository); ok && f.tokens == tokens && time.Until(f.until) > 0 {
		return f.credentials, true
	}
	f := &found{tokens: tokens, until: time.Now().Add(foundTTL)}
	var answers []*keyring.Secret
	for _, p := range s.plugins {
		if !p.patterns.Match(repository) {
			continue
		}
		if p.config.TokenAttributes != nil {
			if s.accounts[tokens] == nil {
				continue // and is withheld
			}
			return nil, false // it depends on the Pod
		}
		a, ok := p.cached(repository, subject{})
		if !ok || a.age() > a.dueAt() {
			return nil, false
		}
		if due := a.at.Add(a.dueAt()); due.Before(f.until) {
			f.until = due
		}
		answers = append(answers, a.credentials)
	}
	f.credentials = lookup(answers, repository)
	s.known.Set(repository, f, foundTTL)
	return f.credentials, true
}

// State is how a provider does.
type State struct {
	Provider string
	// BacksOff reports whether it is left alone for any registry, because it failed.
	BacksOff bool
	// Oldest is when the oldest answer that is kept was given; zero if none is.
	Oldest time.Time
}

// States tells how the providers do.
func (s *Set) States() (states []State) {
	if s == nil {
		return nil
	}
	for _, p := range s.plugins {
		states = append(states, p.state())
	}
	return states
}
