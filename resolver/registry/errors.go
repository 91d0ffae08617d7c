package registry

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	ggcr "github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// RateLimitedError is an answer of 429 Too Many Requests.
type RateLimitedError struct {
	// RetryAfter is how long the registry asks to wait, zero if it does not say.
	RetryAfter time.Duration
}

func (e *RateLimitedError) Error() string { return "429 Too Many Requests" }

// StatusError is a final answer that is no success. It wraps a *transport.Error of
// go-containerregistry, which has the status and the registry's error list.
type StatusError struct {
	Err *ggcr.Error
	// Own tells that the answer looks like the registry's own word: by its error
	// list, its challenge or its headers. Another may come from whatever stands
	// before the registry, and says nothing of the image.
	Own bool
	// Page is the media type of a page that came in the registry's place, "" if
	// the answer has none.
	Page string
	// Bare tells that the answer has no media type at all.
	Bare bool
	// At is where a redirect has led, as scheme, host and port; "" if the endpoint
	// itself answered.
	At string
}

func (e *StatusError) Error() string { return e.Err.Error() }

// Unwrap returns the *transport.Error.
func (e *StatusError) Unwrap() error { return e.Err }

// Code is the HTTP status.
func (e *StatusError) Code() int { return e.Err.StatusCode }

// PageError is an answer of something else in the place of a token server, or of
// content.
type PageError struct {
	// Status is the HTTP status.
	Status int
	// Page is the media type of what came, "" if it has none.
	Page string
}

func (e *PageError) Error() string {
	return fmt.Sprintf("status %d with a page in place of an answer", e.Status)
}

// UnsteadyError is a refusal by a registry that had just answered with an error
// of its own.
type UnsteadyError struct {
	// Codes are the status of that error and of the refusal.
	Codes [2]int
}

func (e *UnsteadyError) Error() string {
	return fmt.Sprintf("status %d, and then %d", e.Codes[0], e.Codes[1])
}

// AuthError is a challenge that could not be answered: no usable credentials,
// a scheme that containerd does not know, or a token server that gave no token.
// The cause is wrapped, and may be a network error.
type AuthError struct{ Err error }

func (e *AuthError) Error() string { return "authorize: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *AuthError) Unwrap() error { return e.Err }

// ManifestError is an answer that a node cannot use, whoever asks and however
// often.
type ManifestError struct {
	// What is wrong, for the user.
	What string
	// OtherContent tells that what came is not what was announced. A node that has
	// the content already does not fetch it.
	OtherContent bool
}

func (e *ManifestError) Error() string { return e.What }

// InsideError is a failure to speak with an address inside the network, which the
// administrator has not named. What exactly went wrong tells which ports are open
// there.
type InsideError struct{ Err error }

func (e *InsideError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *InsideError) Unwrap() error { return e.Err }

// WithheldError is a request that was not sent, or not with all that a node would
// send, because a credential would have gone astray with it.
type WithheldError struct {
	// To is where it would have gone: scheme, host and port.
	To string
	// Plain tells that it is the right place, but without TLS.
	Plain bool
}

func (e *WithheldError) Error() string {
	if e.Plain {
		return fmt.Sprintf("no credentials are sent to %s without TLS: name it in certs.d if that is meant", e.To)
	}
	return fmt.Sprintf("no credentials are sent to %s, which is neither the registry nor the realm that it names", e.To)
}

// BlockedError is an address that is not dialled for a Pod's sake.
type BlockedError struct{ Addr netip.Addr }

func (e *BlockedError) Error() string {
	return fmt.Sprintf("address %s is not allowed: name the registry in certs.d if it is meant", e.Addr)
}

// UnusableError is an endpoint of certs.d that cannot be asked from here as a node
// asks it.
type UnusableError struct {
	// Endpoint is its scheme, host and port.
	Endpoint string
	Err      error
}

func (e *UnusableError) Error() string {
	return fmt.Sprintf("%s cannot be asked as a node asks it: %v", e.Endpoint, e.Err)
}

// Unwrap returns the cause.
func (e *UnusableError) Unwrap() error { return e.Err }

// errNoEndpoint is a certs.d entry that leaves no endpoint to ask.
var errNoEndpoint = errors.New("no endpoint may resolve this reference: see the registry's hosts.toml")
