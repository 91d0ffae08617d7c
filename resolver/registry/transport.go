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
	// content tells that something is asked for by its digest, after the name was
	// resolved; blob, that it is a blob.
	content, blob bool
	// stay tells that a redirect is answer enough.
	stay bool

	// own is set when the answer has what registries put on it, and a page of a
	// front end has not.
	own bool
	// page is the media type of the answer if it is that of a page.
	page string
	// incomplete is set when a HEAD was answered without digest or length,
	// upon which a node fetches the manifest (C59), from the endpoint answered:
	// no other is asked then (C89).
	incomplete bool
	answered   place
	// doubt is set when an endpoint that comes before the one that answered
	// failed in a way that may pass: it may have something else (C91). So may the
	// one that answered, under another name.
	doubt error
}

// RoundTrip asks the endpoints in their order until one has the manifest. Of
// several failures it reports the one that may pass, if there is one, and else
// the one that containerd would report.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Path == "/v2/" {
		return pong(req), nil
	}
	t.session.chain.tell(req.Context(), t.ref.Host)

	var worst failure
	asked := t.places()
	for n, p := range asked {
		resp, err := t.ask(req, p, n == len(asked)-1)
		f := t.judge(t.session.chain.endpoints[p.endpoint], resp, err)
		if f.priority == 0 {
			t.settle(req, resp, p, worst)
			return t.present(req, resp), nil
		}
		worst = worst.or(f)
		if f.final && !p.several {
			break
		}
	}
	if worst.priority == 0 {
		return nil, errNoEndpoint
	}
	return nil, worst.err
}

// ask asks one endpoint.
func (t *transport) ask(req *http.Request, p place, last bool) (*http.Response, error) {
	if unusable := t.session.chain.unusable[p.endpoint]; unusable != nil {
		return nil, unusable
	}
	a := &ask{
		transport:  t,
		endpoint:   t.session.chain.endpoints[p.endpoint],
		repository: p.repository,
		authorizer: t.session.authorizers[p.endpoint],
		last:       last,
	}
	return a.do(docker.WithScope(req.Context(), "repository:"+p.repository+":pull"), req)
}

// settle notes where there was an answer, and what it left open.
func (t *transport) settle(req *http.Request, resp *http.Response, p place, worst failure) {
	if worst.passing {
		t.doubt = worst.err
	} else if p.several {
		t.doubt = t.session.chain.unclear(p.endpoint)
	}
	t.page = pageType(resp)
	t.own = t.own || resp.Header.Get(versionHeader) != "" || contentDigest(resp).Validate() == nil
	if req.Method == http.MethodHead && !t.blob {
		t.incomplete, t.answered = t.lacks(resp), p
	}
}

// places lists where to ask. Some mirrors may serve content by digest and still
// not be trusted to say what a tag means.
func (t *transport) places() []place {
	if t.incomplete {
		return []place{t.answered}
	}
	needed := docker.HostCapabilityPull
	if t.ref.Digest == "" {
		needed |= docker.HostCapabilityResolve
	}
	return t.session.chain.places(t.ref.Repository, needed)
}

// pong answers the ping that go-containerregistry sends and a node does not
// (C55, C56).
func pong(req *http.Request) *http.Response {
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: req,
	}
}
