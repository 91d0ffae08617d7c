package registry

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/errdefs"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/reference"
)

const (
	// maxRequests is how often containerd asks one endpoint for one thing,
	// challenges and retries together.
	maxRequests  = 5
	maxRedirects = 10
	retryPause   = 50 * time.Millisecond
)

// nodeAccept is what containerd asks for. go-containerregistry would ask for
// schema 1 as well, and some registries would serve it.
const nodeAccept = images.MediaTypeDockerSchema2Manifest + ", " + images.MediaTypeDockerSchema2ManifestList + ", " +
	ocispec.MediaTypeImageManifest + ", " + ocispec.MediaTypeImageIndex + ", */*"

// transport is the http.RoundTripper under go-containerregistry for one
// look-up. It answers the ping itself and sends all else as a node would.
type transport struct {
	ref       reference.Reference
	session   *session
	userAgent string

	// incomplete is set when a HEAD was answered without digest or length,
	// upon which a node fetches the manifest (C59), from the endpoint answered:
	// no other is asked then (C89).
	incomplete bool
	answered   int
}

// RoundTrip asks the endpoints in their order until one has the manifest. Of
// several failures it reports the one that may pass, if there is one, and else
// the one that containerd would report.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Path == "/v2/" {
		return pong(req), nil
	}
	ctx := docker.WithScope(req.Context(), "repository:"+t.ref.Repository+":pull")

	var worst failure
	asked := t.endpoints()
	for n, i := range asked {
		a := &ask{
			transport:  t,
			endpoint:   t.session.chain.endpoints[i],
			authorizer: t.session.authorizers[i],
			last:       n == len(asked)-1,
		}
		resp, err := a.do(ctx, req)
		incomplete := err == nil && t.lacks(resp)
		f := judge(resp, err, incomplete || t.incomplete)
		if f.priority == 0 {
			worst.discard()
			if req.Method == http.MethodHead {
				t.incomplete, t.answered = incomplete, i
			}
			return t.present(req, resp)
		}
		worst = worst.or(f)
		if f.final {
			break
		}
	}
	if worst.priority == 0 {
		return nil, errNoEndpoint
	}
	return worst.resp, worst.err
}

// endpoints lists those to ask, by their place in the chain. Some mirrors may
// serve content by digest and still not be trusted to say what a tag means.
func (t *transport) endpoints() (list []int) {
	if t.incomplete {
		return []int{t.answered}
	}
	needed := docker.HostCapabilityPull
	if t.ref.Digest == "" {
		needed |= docker.HostCapabilityResolve
	}
	for i, e := range t.session.chain.endpoints {
		if e.Capabilities.Has(needed) {
			list = append(list, i)
		}
	}
	return list
}

// pong answers the ping that go-containerregistry sends and a node does not
// (C55, C56).
func pong(req *http.Request) *http.Response {
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: req,
	}
}

// ask is one request to one endpoint, with the challenges and retries that
// belong to it.
type ask struct {
	*transport
	endpoint   docker.RegistryHost
	authorizer docker.Authorizer
	last       bool // no other endpoint comes after
}

// do sends the request until its answer is final.
func (a *ask) do(ctx context.Context, req *http.Request) (*http.Response, error) {
	method := req.Method
	var seen []*http.Response
	for left := maxRequests; ; {
		resp, err := a.send(ctx, method, req)
		left--
		if err != nil {
			if left == 0 || !a.last || !transient(err) || !pause(ctx) {
				return nil, err
			}
			continue
		}
		seen = append(seen, resp)
		retry, err := a.retry(ctx, seen, &method)
		if err != nil {
			resp.Body.Close()
			return nil, err
		}
		if !retry || left == 0 {
			return resp, nil
		}
		resp.Body.Close()
	}
}

// retry decides as containerd does whether an answer is final, and prepares
// what the next request needs.
func (a *ask) retry(ctx context.Context, seen []*http.Response, method *string) (bool, error) {
	resp := seen[len(seen)-1]
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		err := a.authorizer.AddResponses(ctx, seen)
		if errdefs.IsNotImplemented(err) {
			return false, nil // no challenge that a node understands (C61)
		}
		if err != nil {
			return false, &AuthError{err}
		}
		return true, nil
	case http.StatusMethodNotAllowed:
		if *method == http.MethodHead && strings.Contains(resp.Request.URL.Path, "/manifests/") {
			*method = http.MethodGet // C57
			return true, nil
		}
	case http.StatusTooManyRequests:
		// A node asks again at once, five times in all (C68). Where the registry
		// says when to come back, we are the better guest.
		return resp.Header.Get("Retry-After") == "", nil
	case http.StatusRequestTimeout:
		return true, nil
	case http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		repeated := len(seen) > 1 && seen[len(seen)-2].StatusCode == resp.StatusCode
		return a.last && !repeated, nil // C69
	}
	return false, nil
}

// send sends one request, following redirects.
func (a *ask) send(ctx context.Context, method string, orig *http.Request) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, a.url(orig).String(), nil)
	if err != nil {
		return nil, err
	}
	for k, v := range a.endpoint.Header {
		req.Header[k] = append(req.Header[k], v...)
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", a.userAgent)
	}
	if strings.Contains(orig.URL.Path, "/manifests/") {
		req.Header.Set("Accept", nodeAccept)
	}
	if err := a.authorizer.Authorize(ctx, req); err != nil {
		return nil, &AuthError{err}
	}
	client := *a.endpoint.Client
	client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects {
			return &ManifestError{What: "the registry redirects in a loop"} // C70
		}
		if err := a.authorizer.Authorize(ctx, next); err != nil {
			return &AuthError{err}
		}
		return nil
	}
	return client.Do(req)
}

// url moves a URL of the distribution API to the endpoint, which may have a
// path of its own, and must be told which registry it mirrors.
func (a *ask) url(orig *http.Request) *url.URL {
	u := &url.URL{
		Scheme:   a.endpoint.Scheme,
		Host:     a.endpoint.Host,
		Path:     path.Join("/", a.endpoint.Path, strings.TrimPrefix(orig.URL.Path, "/v2/")),
		RawQuery: orig.URL.RawQuery,
	}
	if a.endpoint.Host != defaultEndpoint(a.ref.Host) && a.endpoint.Host != a.ref.Host {
		q := u.Query()
		q.Set("ns", a.ref.Host)
		u.RawQuery = q.Encode()
	}
	return u
}

// transient tells which transport errors containerd tries again.
func transient(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var auth *AuthError
	if errors.As(err, &auth) {
		return false
	}
	var netErr net.Error
	return errors.As(err, &netErr) && netErr.Timeout() || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// pause waits between transport retries, and reports whether there is still
// time for one.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(retryPause):
		return true
	}
}
