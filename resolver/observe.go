package resolver

import (
	"net/http"
	"time"
)

// Source is where an answer came from.
type Source string

// The sources of an answer.
const (
	// FromCache: it was known.
	FromCache Source = "cache"
	// FromRegistry: it was asked for.
	FromRegistry Source = "registry"
	// FromStale: it was known once, and its registry could not be asked.
	FromStale Source = "stale"
)

// Observer hears of what a Resolver does, to count it. Its methods must be safe
// for concurrent use, and quick. Hosts are whatever strangers write into Pods: who
// makes labels of them must bound their number.
type Observer interface {
	// Answered is called for each attempt, with where its answer came from.
	Answered(from Source)
	// LookedUp is called when a registry was asked for an image, with what it came
	// to and how long it took, waiting for a turn included.
	LookedUp(host string, reason Reason, took time.Duration)
	// Responded is called for each request that was sent to a registry's endpoint,
	// with a status of 0 where there was no response.
	Responded(host string, status int, header http.Header)
}

// Option changes how a Resolver is made.
type Option func(*options)

type options struct {
	observer Observer
	nodes    *NodeCredentials
	patient  bool
}

// WithObserver has a Resolver tell what it does.
func WithObserver(o Observer) Option { return func(opts *options) { opts.observer = o } }

// WithNodeCredentials has a Resolver use the credentials that nodes bring by themselves.
func WithNodeCredentials(n *NodeCredentials) Option { return func(opts *options) { opts.nodes = n } }

// Patiently has a Resolver wait for credential providers as long as their runs may
// take: nobody's Pod waits for the answer.
func Patiently() Option { return func(opts *options) { opts.patient = true } }

// unobserved is for a Resolver that nobody observes.
type unobserved struct{}

// Answered does nothing.
func (unobserved) Answered(Source) {}

// LookedUp does nothing.
func (unobserved) LookedUp(string, Reason, time.Duration) {}

// Responded does nothing.
func (unobserved) Responded(string, int, http.Header) {}
