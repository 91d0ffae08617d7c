package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/pullgate/pullgate/resolver/reference"
)

// Options configure a Client.
type Options struct {
	// ConfigDir is a folder in containerd's certs.d layout, "" for none.
	// Endpoints that it names are trusted, whatever their address.
	ConfigDir string
	// BlockedCIDRs are not dialled, besides loopback and its like, unless
	// ConfigDir names the endpoint.
	BlockedCIDRs []netip.Prefix
	// UserAgent is sent where hosts.toml sets none.
	UserAgent string
	// Wrap puts something between the client and the network, nil for nothing.
	// What it is given obeys the guard.
	Wrap func(http.RoundTripper) http.RoundTripper
	// Responded, if set, hears of each request's response, with the host of the
	// registry, whichever endpoint of its was asked; of none as status 0.
	Responded func(host string, status int, header http.Header)
}

// Client asks registries for manifests. It is safe for concurrent use, and
// keeps connections and tokens, but no answers.
type Client struct {
	options  Options
	chains   *chains
	sessions sessions
}

// NewClient makes a Client.
func NewClient(o Options) *Client {
	if o.Responded == nil {
		o.Responded = func(string, int, http.Header) {}
	}
	return &Client{options: o, chains: newChains(o), sessions: newSessions()}
}

// With returns a client for another certs.d folder and other CIDRs: the same one
// if neither is another.
func (c *Client) With(configDir string, blocked []netip.Prefix) *Client {
	o := c.options
	if o.ConfigDir == configDir && slices.Equal(o.BlockedCIDRs, blocked) {
		return c
	}
	o.ConfigDir, o.BlockedCIDRs = configDir, blocked
	return NewClient(o)
}

// Manifest is what a registry says of a manifest without sending it.
type Manifest struct {
	Digest    string
	MediaType string // without parameters; "" if the registry names none
	Size      int64  // as announced, in bytes
	// Own tells that the answer has what registries put on it: it is not the page
	// of a front end.
	Own bool
	// Doubt is set where another endpoint, which a node asks before, may answer
	// otherwise when it is available again: why it was not.
	Doubt error
}

// NodeLocal reports whether a registry host is the node's own loopback, which
// nobody but the node can ask, and which certs.d does not map elsewhere (C39,
// C73).
func (c *Client) NodeLocal(host string) bool {
	return docker.IsLocalhost(host) && !c.chains.names(host)
}

// EndpointID identifies the endpoints that a host stands for now: it changes
// when certs.d does.
func (c *Client) EndpointID(host string) (string, error) {
	ch, err := c.chains.get(host)
	if err != nil {
		return "", err
	}
	return ch.id, nil
}

// Keys are the values of headers that certs.d has sent to a host's endpoints, any
// of which may be secret.
func (c *Client) Keys(host string) (keys []string) {
	ch, err := c.chains.get(host)
	if err != nil {
		return nil
	}
	for _, e := range ch.endpoints {
		for name, values := range e.Header {
			if http.CanonicalHeaderKey(name) != "User-Agent" {
				keys = append(keys, values...)
			}
		}
	}
	return keys
}

// Head looks a manifest up as a node's pull begins: one HEAD, and a GET only
// where that answers without digest or length.
//
// It fails with a *StatusError for a final answer that is no success, a
// *RateLimitedError, an *AuthError, a *PageError, an *UnsteadyError, a
// *ManifestError, a *BlockedError, a *WithheldError (all of these possibly
// wrapped), or an error of the network or the context.
func (c *Client) Head(ctx context.Context, ref reference.Reference, login Login) (Manifest, error) {
	s, err := c.open(ref, login)
	if err != nil {
		return Manifest{}, err
	}
	m, err := c.head(ctx, ref, s)
	if err == nil || !refused(err) {
		return m, err
	}
	// An authorizer keeps its tokens, and its failures too. A node starts every
	// pull with a new one, so only what a new one meets counts as refused.
	c.sessions.drop(s.chain, ref, login)
	if !s.good.Load() || ctx.Err() != nil {
		return m, err
	}
	return c.head(ctx, ref, c.sessions.get(s.chain, ref, login))
}

// open returns the session of a login at a repository.
func (c *Client) open(ref reference.Reference, login Login) (*session, error) {
	ch, err := c.chains.get(ref.Host)
	if err != nil {
		return nil, err
	}
	return c.sessions.get(ch, ref, login), nil
}

func (c *Client) head(ctx context.Context, ref reference.Reference, s *session) (Manifest, error) {
	t := c.transport(ref, s)
	target, err := target(ref)
	if err != nil {
		return Manifest{}, err
	}
	found, err := remote.Head(target, options(ctx, t)...)
	if t.incomplete {
		var fetched *remote.Descriptor
		if fetched, err = remote.Get(target, options(ctx, t)...); err == nil {
			found, err = &fetched.Descriptor, legible(fetched)
			t.own = t.own || isManifestBody(fetched.Manifest)
		}
	}
	if err != nil {
		return Manifest{}, err
	}
	s.good.Store(true)
	m := manifest(found)
	m.Own, m.Doubt = t.own, t.doubt
	return m, nil
}

// legible fails for what is called a manifest and is not even JSON: nothing that
// somebody has pushed.
func legible(d *remote.Descriptor) error {
	if known := d.MediaType.IsIndex() || d.MediaType.IsImage(); known && !json.Valid(d.Manifest) {
		return errors.New("the manifest is no JSON")
	}
	return nil
}

// isManifestBody reports whether a body is a manifest, whatever it was announced as.
func isManifestBody(body []byte) bool {
	var document struct {
		SchemaVersion int `json:"schemaVersion"`
	}
	return json.Unmarshal(body, &document) == nil && document.SchemaVersion > 0
}

func manifest(d *v1.Descriptor) Manifest {
	m := Manifest{Digest: d.Digest.String(), MediaType: string(d.MediaType), Size: d.Size}
	if m.MediaType == noMediaType {
		m.MediaType = ""
	}
	return m
}

// Explain spends a GET on what a HEAD was refused for, since only that can have
// a body. It returns nil if the manifest is served after all (C58), a *StatusError
// for a refusal, and whatever else Head may return.
func (c *Client) Explain(ctx context.Context, ref reference.Reference, login Login) error {
	s, err := c.open(ref, login)
	if err != nil {
		return err
	}
	target, err := target(ref)
	if err != nil {
		return err
	}
	found, err := remote.Get(target, options(ctx, c.transport(ref, s))...)
	if err != nil {
		return err
	}
	if !found.MediaType.IsIndex() && !found.MediaType.IsImage() {
		return &PageError{Status: http.StatusOK, Page: string(found.MediaType)}
	}
	return legible(found)
}

func (c *Client) transport(ref reference.Reference, s *session) *transport {
	return &transport{ref: ref, session: s, userAgent: c.options.UserAgent, responded: c.options.Responded}
}

// refused reports whether a failure may come of what an authorizer kept.
func refused(err error) bool {
	var (
		auth   *AuthError
		status *StatusError
	)
	return errors.As(err, &auth) ||
		errors.As(err, &status) && (status.Code() == http.StatusUnauthorized || status.Code() == http.StatusForbidden)
}

// target builds the reference from its parts, because the two libraries parse
// some names differently (C03, C04).
func target(ref reference.Reference) (name.Reference, error) {
	reg, err := name.NewRegistry(ref.Host)
	if err != nil {
		return nil, fmt.Errorf("registry %s: %w", ref.Host, err)
	}
	if ref.Digest != "" {
		return reg.Repo(ref.Repository).Digest(ref.Digest.String()), nil
	}
	return reg.Repo(ref.Repository).Tag(ref.Tag), nil
}

func options(ctx context.Context, t *transport) []remote.Option {
	return []remote.Option{
		remote.WithContext(ctx),
		remote.WithTransport(t),
		// Challenges and retries are the transport's.
		remote.WithAuth(authn.Anonymous),
		remote.WithRetryBackoff(remote.Backoff{Steps: 1}),
		remote.WithRetryStatusCodes(),
	}
}
