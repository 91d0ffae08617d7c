package registry

import (
	"net/http"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/reference"
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
	responded func(host string, status int, header http.Header)
	// blob tells that a blob is asked for, or whether it is there.
	blob bool
	// stay tells that a redirect is answer enough.
	stay bool

	// own is set when the answer has what registries put on it, and a page of a
	// front end has not.
	own bool
	// incomplete is set when a HEAD was answered without digest or length,
	// upon which a node fetches the manifest (C59), from the endpoint answered:
	// no other is asked then (C89).
	incomplete bool
	answered   int
	// doubt is set when an endpoint that comes before the one that answered
	// failed in a way that may pass: it may have something else (C91).
	doubt error
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
		f := t.judge(a.endpoint, resp, err)
		if f.priority == 0 {
			t.settle(req, resp, i, worst)
			return t.present(req, resp), nil
		}
		worst = worst.or(f)
		if f.final {
			break
		}
	}
	if worst.priority == 0 {
		return nil, errNoEndpoint
	}
	return nil, worst.err
}

// settle notes which endpoint answered, and what it left open.
func (t *transport) settle(req *http.Request, resp *http.Response, endpoint int, worst failure) {
	if worst.passing {
		t.doubt = worst.err
	}
	t.own = t.own || resp.Header.Get(versionHeader) != "" || contentDigest(resp).Validate() == nil
	if req.Method == http.MethodHead && !t.blob {
		t.incomplete, t.answered = t.lacks(resp), endpoint
	}
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
