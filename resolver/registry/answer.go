package registry

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	remoteerrors "github.com/containerd/containerd/v2/core/remotes/errors"
	"github.com/opencontainers/go-digest"
)

// failure is what one endpoint failed with; priority 0 is no failure.
type failure struct {
	err      error
	priority int
	passing  bool
	unsure   bool // whether it is the registry's own word
	final    bool // containerd does not go on to the next endpoint
}

// Priorities: containerd reports the failure that came furthest, and of equals
// the first.
const (
	transportFailure = iota + 1
	notFound
	otherStatus
	tooLarge
	invalidDigest
)

// judge sorts what an endpoint answered.
func (t *transport) judge(endpoint docker.RegistryHost, resp *http.Response, err error) failure {
	switch {
	case err != nil:
		return failure{err: err, priority: transportFailure, passing: passingError(err)}
	case resp.StatusCode == http.StatusTooManyRequests:
		resp.Body.Close()
		return failure{err: &RateLimitedError{RetryAfter: retryAfter(resp)}, priority: otherStatus, passing: true}
	case t.stay && redirects(resp):
		return failure{}
	case resp.StatusCode < 200, resp.StatusCode > 299:
		return t.refusal(endpoint, resp)
	case t.blob, t.incomplete, t.lacks(resp):
		return failure{} // not sized up by its header (C88)
	case t.ref.Digest == "" && contentDigest(resp).Validate() != nil:
		resp.Body.Close()
		err := &ManifestError{What: "the registry sends a Docker-Content-Digest header that is no digest"}
		return failure{err: err, priority: invalidDigest, final: true} // C92
	case resp.ContentLength > docker.MaxManifestSize:
		resp.Body.Close()
		return failure{err: errTooLarge(resp.ContentLength), priority: tooLarge}
	default:
		return failure{}
	}
}

func redirects(resp *http.Response) bool {
	return resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.Header.Get("Location") != ""
}

// refusal is an answer that is no success. A page may pass, whatever its status.
// Content is asked for at the next endpoint after any.
func (t *transport) refusal(endpoint docker.RegistryHost, resp *http.Response) failure {
	status := newStatusError(resp, origin(&url.URL{Scheme: endpoint.Scheme, Host: endpoint.Host}))
	f := failure{err: status, priority: otherStatus, unsure: !status.Own, passing: PassingStatus(status.Code()) || status.Page != ""}
	if resp.Request != nil && resp.Request.Method != http.MethodHead {
		f.passing = f.passing || !status.Own // a HEAD's answer has nothing to be known by
	}
	switch {
	case status.Code() == http.StatusNotFound:
		f.priority = notFound
	case status.Code() >= 300 && status.Code() < 400:
		f.final = !t.content
	}
	return f
}

func contentDigest(resp *http.Response) digest.Digest {
	return digest.Digest(resp.Header.Get("Docker-Content-Digest"))
}

// or keeps the failure to report of two, the first and a later one. A failure
// that may pass outranks all: the mirror that is down may be the one that has
// the image. So does, of the others, what may not be the registry's own word.
func (f failure) or(later failure) failure {
	if f.priority == 0 {
		return later
	}
	rank := func(f failure) int {
		switch {
		case f.passing:
			return 2
		case f.unsure:
			return 1
		default:
			return 0
		}
	}
	if by := cmp.Or(cmp.Compare(rank(later), rank(f)), cmp.Compare(later.priority, f.priority)); by > 0 {
		return later
	}
	return f
}

// PassingStatus reports whether a status says nothing about the image: the
// same request may succeed later.
func PassingStatus(code int) bool {
	switch code {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	// These speak of the way there, and a node's may be another.
	case http.StatusProxyAuthRequired, http.StatusMisdirectedRequest, http.StatusTooEarly:
		return true
	default:
		// A status below 200 is no answer; 501 answers the method (C58).
		return code < 200 || code >= 500 && code != http.StatusNotImplemented
	}
}

// passingError reports whether a failure without a final answer may pass.
func passingError(err error) bool {
	var (
		manifest *ManifestError
		auth     *AuthError
	)
	if errors.As(err, &auth) {
		if status, ok := errors.AsType[remoteerrors.ErrUnexpectedStatus](err); ok {
			return PassingStatus(status.StatusCode)
		}
		return !errors.Is(err, docker.ErrInvalidAuthorization)
	}
	return !errors.As(err, &manifest)
}

// lacks reports whether an answer to a HEAD is without what a node needs of it
// (C59).
func (t *transport) lacks(resp *http.Response) bool {
	return resp.ContentLength < 0 || (t.ref.Digest == "" && contentDigest(resp) == "")
}

// noMediaType stands for a missing Content-Type, which go-containerregistry
// refuses to return.
const noMediaType = "none"

// present makes an answer that containerd takes acceptable to
// go-containerregistry, which demands more of a HEAD.
func (t *transport) present(req *http.Request, resp *http.Response) *http.Response {
	// Links in it are relative to the registry, whichever endpoint answered.
	resp.Request = req
	if resp.StatusCode < 300 {
		resp.StatusCode = http.StatusOK // containerd takes every 2xx
	}
	resp.Header.Set("Content-Type", mediaType(resp))
	if req.Method != http.MethodHead {
		if !strings.Contains(req.URL.Path, "/manifests/") {
			return resp
		}
		resp.Body = manifestBody{resp.Body}
		if t.ref.Digest != "" {
			resp.Body = &verifiedBody{ReadCloser: resp.Body, verifier: t.ref.Digest.Verifier()}
		}
		return resp
	}
	if !t.incomplete && !t.blob && t.ref.Digest != "" {
		// What the header says of a digest does not matter to a node (C10).
		resp.Header.Set("Docker-Content-Digest", t.ref.Digest.String())
	}
	return resp
}

// verifiedBody fails at its end if it was not what its digest promises (C86).
type verifiedBody struct {
	io.ReadCloser
	verifier digest.Verifier
}

// Read reads, and verifies what was read when there is no more.
func (b *verifiedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	_, _ = b.verifier.Write(p[:n]) // a hash takes everything
	if errors.Is(err, io.EOF) && !b.verifier.Verified() {
		return n, errOtherContent()
	}
	return n, err
}

// mediaType reads a Content-Type as containerd does: without parameters, and
// text/plain taken for schema 1, which some registries serve so.
func mediaType(resp *http.Response) string {
	t, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	switch t {
	case "":
		return noMediaType
	case "text/plain":
		return images.MediaTypeDockerSchema1Manifest
	default:
		return t
	}
}

// maxRetryAfter is the longest that a Retry-After is believed.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads a Retry-After header in seconds or as a date.
func retryAfter(resp *http.Response) time.Duration {
	v := resp.Header.Get("Retry-After")
	if s, err := strconv.ParseUint(v, 10, 64); err == nil {
		return time.Duration(min(s, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(time.Until(at), 0), maxRetryAfter)
	}
	return 0
}
