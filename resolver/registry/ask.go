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

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/errdefs"
)

const (
	// maxRequests is how often containerd asks one endpoint for one thing,
	// challenges and retries together.
	maxRequests  = 5
	maxRedirects = 10
	retryPause   = 50 * time.Millisecond
)

// ask is one request to one endpoint, with the challenges and retries that
// belong to it.
type ask struct {
	*transport
	endpoint   docker.RegistryHost
	repository string // its name at the endpoint
	authorizer docker.Authorizer
	last       bool // no other endpoint comes after
}

// do sends the request until its answer is final.
func (a *ask) do(ctx context.Context, req *http.Request) (*http.Response, error) {
	ctx, inside := withInside(hideSpan(ctx))
	resp, err := a.insist(ctx, req)
	if err != nil && inside.Load() {
		err = &InsideError{err}
	}
	return resp, err
}

func (a *ask) insist(ctx context.Context, req *http.Request) (*http.Response, error) {
	method := req.Method
	var seen []*http.Response
	for left := maxRequests; ; {
		resp, authorized, err := a.send(ctx, method, req)
		left--
		if authorized && left == maxRequests-1 {
			left-- // a node has no token yet, and would have spent one on the challenge
		}
		if err != nil {
			a.responded(a.ref.Host, 0, nil)
			if left <= 0 || !a.last || !transient(err) || !pause(ctx) {
				return nil, err
			}
			continue
		}
		a.responded(a.ref.Host, resp.StatusCode, resp.Header)
		seen = append(seen, resp)
		retry, err := a.retry(ctx, seen, &method)
		if err != nil {
			resp.Body.Close()
			return nil, err
		}
		if !retry || left <= 0 {
			return steady(seen)
		}
		resp.Body.Close()
	}
}

// steady returns the last of some answers, unless it is a refusal by a registry
// that stumbled on the way to it: that may pass as well (C95).
func steady(seen []*http.Response) (*http.Response, error) {
	last := seen[len(seen)-1]
	if last.StatusCode < 400 || PassingStatus(last.StatusCode) {
		return last, nil
	}
	for _, before := range seen[:len(seen)-1] {
		if PassingStatus(before.StatusCode) {
			last.Body.Close()
			return nil, &UnsteadyError{Codes: [2]int{before.StatusCode, last.StatusCode}}
		}
	}
	return last, nil
}

// retry decides as containerd does whether an answer is final, and prepares
// what the next request needs.
func (a *ask) retry(ctx context.Context, seen []*http.Response, method *string) (bool, error) {
	resp := seen[len(seen)-1]
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		if shown := logins(seen); shown >= maxLogins || shown > 0 && a.session.sparing {
			return false, nil
		}
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

// maxLogins is how often a login is shown to a registry that refuses it. A node
// shows it four times, which is what gets accounts locked (B15); that a registry
// refuses it twice and then lets it in is not to be expected.
const maxLogins = 2

// logins counts the requests that showed a user name and password, in vain.
func logins(seen []*http.Response) (n int) {
	for _, resp := range seen {
		if _, _, basic := resp.Request.BasicAuth(); basic && resp.StatusCode == http.StatusUnauthorized {
			n++
		}
	}
	return n
}

// send sends one request, following redirects. It tells whether the request was
// sent with an Authorization from the start. Its error is a *WithheldError if a
// refusal at the end of a redirect may come of what was not sent there.
func (a *ask) send(ctx context.Context, method string, orig *http.Request) (resp *http.Response, authorized bool, err error) {
	req, err := http.NewRequestWithContext(ctx, method, a.url(orig).String(), nil)
	if err != nil {
		return nil, false, err
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
		return nil, false, &AuthError{err}
	}
	home, at := origin(req.URL), ""
	stripped := false
	client := *a.endpoint.Client
	client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if a.stay {
			return http.ErrUseLastResponse
		}
		if len(via) >= maxRedirects {
			return &ManifestError{What: "the registry redirects in a loop"} // C70
		}
		if err := a.authorizer.Authorize(ctx, next); err != nil {
			return &AuthError{err}
		}
		if at = origin(next.URL); at != home {
			stripped = a.strip(next) || stripped
		}
		return nil
	}
	if resp, err = client.Do(req); err != nil {
		return nil, false, err
	}
	challenged := resp.StatusCode == http.StatusUnauthorized && a.session.secret
	if at != "" && at != home && (challenged || stripped && resp.StatusCode >= 400) {
		resp.Body.Close()
		return nil, false, &WithheldError{To: at}
	}
	return resp, req.Header.Get("Authorization") != "", nil
}

// url moves a URL of the distribution API to the endpoint, which may have a
// path of its own, and another name for the repository, and must be told which
// registry it mirrors.
func (a *ask) url(orig *http.Request) *url.URL {
	asked := strings.TrimPrefix(orig.URL.Path, "/v2/")
	// The next page of a list of tags has the endpoint's name already.
	if what, ok := strings.CutPrefix(asked, a.ref.Repository+"/"); ok {
		asked = a.repository + "/" + what
	}
	u := &url.URL{
		Scheme:   a.endpoint.Scheme,
		Host:     a.endpoint.Host,
		Path:     path.Join("/", a.endpoint.Path, asked),
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
