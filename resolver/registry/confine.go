package registry

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/containerd/containerd/v2/core/remotes/docker"
)

// containerd's authorizer sends a credential to whatever host challenges, be it
// one that the registry redirected to, and to whatever realm a challenge names,
// in plain text too. A node is asked by its own kubelet; this server is asked by
// whoever may create a Pod. So a credential goes to the endpoints of its registry
// and to the realms that they name, and over TLS unless certs.d says otherwise.
// Where a node would have sent it and this does not, nothing is known.

// tokenClient is the client with which an endpoint's tokens are fetched. A sparing
// one does not show a login with GET that was refused with POST.
func (ch *chain) tokenClient(e docker.RegistryHost, sparing bool) *http.Client {
	var refused atomic.Bool
	carries := func(req *http.Request) bool {
		return req.Method == http.MethodPost || req.Header.Get("Authorization") != "" || secretHeader(e.Header, req.Header)
	}
	return &http.Client{
		Transport: roundTripperFunc(func(req *http.Request) (*http.Response, error) {
			if carries(req) && req.URL.Scheme != "https" && (req.URL.Scheme != "http" || !ch.mayPlain(req.URL.Host)) {
				closeBody(req)
				return nil, &WithheldError{To: origin(req.URL), Plain: true}
			}
			if sparing && refused.Load() && req.Header.Get("Authorization") != "" {
				return nil, errRefusedAgain
			}
			over := e.Client.Transport
			if req.URL.Host != e.Host {
				// Only the endpoint may fall back to plain HTTP when TLS fails.
				over = ch.strict[e.Client]
			}
			resp, err := over.RoundTrip(req)
			if err != nil {
				return nil, err
			}
			refused.Store(req.Method == http.MethodPost && resp.StatusCode == http.StatusUnauthorized)
			return tokenRefusal(resp)
		}),
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errors.New("the token server redirects in a loop")
			}
			if carries(via[0]) && origin(next.URL) != origin(via[0].URL) {
				return &WithheldError{To: origin(next.URL)}
			}
			return nil
		},
	}
}

// errRefusedAgain is a login that a token server has just refused, and has refused
// in either way before. It is one of ErrInvalidAuthorization, as a node's would be.
var errRefusedAgain = fmt.Errorf("the token server refuses the login again: %w", docker.ErrInvalidAuthorization)

// RefusedAgain reports whether a login failed because it has just been refused, and
// was refused before.
func RefusedAgain(err error) bool { return errors.Is(err, errRefusedAgain) }

// strip takes off a redirected request what is the registry's alone, and reports
// whether there was anything.
func (a *ask) strip(req *http.Request) bool {
	stripped := secretHeader(a.endpoint.Header, req.Header)
	if stripped {
		for k := range a.endpoint.Header {
			delete(req.Header, k)
		}
	}
	if a.session.secret && req.Header.Get("Authorization") != "" {
		req.Header.Del("Authorization")
		stripped = true
	}
	return stripped
}

// secretHeader reports whether a request has one of the headers of hosts.toml,
// any of which may be a key.
func secretHeader(configured, sent http.Header) bool {
	for k := range configured {
		if _, ok := sent[k]; ok && http.CanonicalHeaderKey(k) != "User-Agent" {
			return true
		}
	}
	return false
}

// mayPlain reports whether certs.d lets a host be spoken to in plain HTTP.
func (ch *chain) mayPlain(host string) bool {
	return ch.plain[withPort("http", host)] || ch.plainElsewhere(host)
}

// origin is what a credential is bound to: scheme, host and port.
func origin(u *url.URL) string { return u.Scheme + "://" + withPort(u.Scheme, u.Host) }

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

type roundTripperFunc func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f roundTripperFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
