package resolver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	remoteerrors "github.com/containerd/containerd/v2/core/remotes/errors"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry"
	"github.com/pullgate/pullgate/resolver/words"
)

// classify turns a failed look-up into an outcome. Only errors that it knows
// to be definite become so.
func classify(ref reference.Reference, err error) outcome {
	o := classifyKind(ref, err)
	o.detail = redact(err)
	return o
}

func classifyKind(ref reference.Reference, err error) outcome {
	var (
		auth     *registry.AuthError
		limited  *registry.RateLimitedError
		blocked  *registry.BlockedError
		withheld *registry.WithheldError
		unsteady *registry.UnsteadyError
		page     *registry.PageError
		manifest *registry.ManifestError
		status   *registry.StatusError
		unusable *registry.UnusableError
	)
	switch {
	case errors.As(err, &unusable):
		return outcome{reason: NodeManaged, says: fmt.Sprintf("nodes ask for it in a way that pullgate cannot: its log says which endpoint of %s, and why", ref.Host)}
	case errors.As(err, &withheld):
		return withheldOutcome(ref, withheld)
	// Before the rest, since what goes wrong at a token server says nothing of the image.
	case errors.As(err, &auth):
		return classifyAuth(ref, auth, err)
	case errors.As(err, &limited):
		return rateLimited(ref, limited.RetryAfter)
	case errors.As(err, &unsteady):
		return unavailable(ref, fmt.Sprintf("it answers %s, and then %s", statusWords(unsteady.Codes[0]), statusWords(unsteady.Codes[1])))
	case errors.As(err, &manifest):
		return outcome{reason: UnsupportedManifest, says: manifest.What}
	case errors.As(err, &status):
		return classifyStatus(ref, status)
	case errors.As(err, &page):
		o := unavailable(ref, pageWords("it", page.Status, page.Page))
		o.page = true
		return o
	case errors.As(err, &blocked):
		return outcome{reason: Blocked, says: fmt.Sprintf("registry %s is at an address that pullgate may not ask", ref.Host)}
	default:
		return classifyNetwork(ref, err)
	}
}

// withheldOutcome is for credentials that a node would have sent, and that an
// administrator may let us send as well.
func withheldOutcome(ref reference.Reference, e *registry.WithheldError) outcome {
	to := words.Quote(e.To, maxQuoted)
	if e.Plain {
		return outcome{reason: Untrusted, says: fmt.Sprintf("registry %s wants credentials sent to %s without TLS, and no certs.d entry allows that", ref.Host, to)}
	}
	return outcome{reason: Blocked, says: fmt.Sprintf("registry %s leads to %s, and its credentials are sent nowhere else", ref.Host, to)}
}

// classifyAuth sorts challenges that could not be answered (C61-C65).
func classifyAuth(ref reference.Reference, auth *registry.AuthError, err error) outcome {
	if errors.Is(auth, docker.ErrInvalidAuthorization) {
		return outcome{reason: Unauthorized}
	}
	if page, ok := errors.AsType[*registry.PageError](auth); ok {
		o := unavailable(ref, pageWords("its token server", page.Status, page.Page))
		o.page = true
		return o
	}
	if status, ok := errors.AsType[remoteerrors.ErrUnexpectedStatus](auth); ok {
		switch {
		case status.StatusCode == http.StatusTooManyRequests:
			return rateLimited(ref, 0)
		case registry.PassingStatus(status.StatusCode):
			return unavailable(ref, fmt.Sprintf("its token server answers %s", statusWords(status.StatusCode)))
		default:
			return outcome{reason: Unauthorized, says: fmt.Sprintf("its token server answers %s", statusWords(status.StatusCode))}
		}
	}
	var blocked *registry.BlockedError
	if errors.As(auth, &blocked) {
		return outcome{reason: Blocked, says: fmt.Sprintf("the token server of %s is at an address that pullgate may not ask", ref.Host)}
	}
	return classifyNetwork(ref, err)
}

// classifyStatus sorts the status of a final answer (C58, C67 to C69). What is not
// the registry's own word says nothing of the image.
func classifyStatus(ref reference.Reference, e *registry.StatusError) outcome {
	switch code := e.Code(); {
	case registry.PassingStatus(code):
		return unavailable(ref, "it answers "+statusWords(code))
	case !e.Own:
		o := unavailable(ref, pageWords("it", code, e.Page))
		o.page = true
		return o
	case code == http.StatusNotFound || code == http.StatusGone:
		return outcome{reason: ImageNotFound, says: notFoundWords(ref)}
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return outcome{reason: Unauthorized}
	default:
		return outcome{reason: UnsupportedManifest, says: fmt.Sprintf("registry %s answers HEAD, with which a node asks, with %s", ref.Host, statusWords(code))}
	}
}

// classifyNetwork sorts what kept an answer from coming. It says the same of all
// that cannot be reached, and inside the network also of all that is not trusted
// or not understood: the kind of failure would tell who may create a Pod which
// ports are open there.
func classifyNetwork(ref reference.Reference, err error) outcome {
	var (
		verify  *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		op      *net.OpError
		dns     *net.DNSError
		inside  *registry.InsideError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, os.ErrDeadlineExceeded):
		return timedOut(ref)
	case errors.As(err, &inside):
		return outcome{reason: Unreachable, says: fmt.Sprintf("registry %s cannot be reached, or not be trusted, from here: the log of pullgate says which", ref.Host)}
	case errors.As(err, &op) && op.Op == "remote error":
		// A TLS alert. The most usual one asks for a certificate that only nodes have (B11).
		return outcome{reason: Untrusted, says: fmt.Sprintf("registry %s breaks off the TLS handshake, as one does that wants a client certificate", ref.Host)}
	case errors.As(err, &verify), errors.As(err, &unknown):
		return outcome{reason: Untrusted, says: fmt.Sprintf("the TLS certificate of %s is not trusted here", ref.Host)}
	case errors.Is(err, http.ErrSchemeMismatch):
		return outcome{reason: Untrusted, says: fmt.Sprintf("registry %s speaks plain HTTP, and no certs.d entry allows that", ref.Host)}
	case errors.As(err, &op) && op.Timeout():
		return timedOut(ref)
	case errors.As(err, &op), errors.As(err, &dns):
		return unreachable(ref)
	default:
		return unavailable(ref, "its answer cannot be understood")
	}
}

func unreachable(ref reference.Reference) outcome {
	return outcome{reason: Unreachable, says: fmt.Sprintf("registry %s cannot be reached", ref.Host)}
}

func timedOut(ref reference.Reference) outcome {
	return outcome{reason: Timeout, says: fmt.Sprintf("registry %s did not answer in time", ref.Host)}
}

func unavailable(ref reference.Reference, why string) outcome {
	return outcome{reason: RegistryUnavailable, says: fmt.Sprintf("registry %s is not available: %s", ref.Host, why)}
}

// leftAlone is for a registry that did not answer several times in a row.
func leftAlone(ref reference.Reference) outcome {
	o := unreachable(ref)
	o.detail = "it failed several times in a row, and is left alone for limits.backOff"
	return o
}

func overloaded() outcome {
	return outcome{reason: Overloaded, says: "pullgate has more images to look up than it can at once"}
}

func rateLimited(ref reference.Reference, retryAfter time.Duration) outcome {
	if retryAfter <= 0 {
		return outcome{reason: RateLimited, says: fmt.Sprintf("registry %s limits the rate of requests", ref.Host)}
	}
	return rateLimitedUntil(ref, time.Now().Add(min(retryAfter, maxRateLimit)))
}

func rateLimitedUntil(ref reference.Reference, until time.Time) outcome {
	return outcome{
		reason:  RateLimited,
		says:    fmt.Sprintf("registry %s limits the rate of requests until %s", ref.Host, until.UTC().Format("15:04:05 MST")),
		retryAt: until,
	}
}

// tooManyCredentials is for those that are not tried any more.
func tooManyCredentials() outcome {
	return outcome{reason: Overloaded, says: fmt.Sprintf("there are more credentials for it than the %d that pullgate tries, and those are refused", maxCredentials)}
}
