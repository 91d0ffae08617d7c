package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/containerd/containerd/v2/core/images"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/reference"
)

// Content is what one repository has under digests, as one login sees it. A node
// fetches it from each endpoint in turn until one serves it, whatever the others
// answer.
type Content struct {
	client     *Client
	repository reference.Reference
	session    *session
}

// Content opens a repository's content.
func (c *Client) Content(ref reference.Reference, login Login) (*Content, error) {
	ch, err := c.chains.get(ref.Host)
	if err != nil {
		return nil, err
	}
	ref.Tag = ""
	return &Content{client: c, repository: ref, session: c.sessions.content(ch, ref, login)}, nil
}

// Fetch returns what a descriptor names. It reads no more than the largest
// manifest that a node takes. It fails with a *ManifestError where the size or the
// digest is not the descriptor's, and else as Head does.
func (c *Content) Fetch(ctx context.Context, d ocispec.Descriptor) ([]byte, error) {
	t := c.transport(d)
	resp, err := c.ask(ctx, t, http.MethodGet, d)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	var manifest *ManifestError
	switch {
	case err != nil && !errors.As(err, &manifest):
		return nil, err
	case err == nil && int64(len(body)) == d.Size && d.Digest.Algorithm().FromBytes(body) == d.Digest:
		return body, nil
	// A node stumbles over a page as well, where it gets the same one.
	case t.page != "", !t.own && !isManifestBody(body):
		return nil, &PageError{Status: resp.StatusCode, Page: t.page}
	case err != nil && !manifest.OtherContent:
		return nil, err
	case int64(len(body)) != d.Size:
		return nil, sizeError(d, int64(len(body)))
	default:
		return nil, errOtherContent()
	}
}

// Has asks for what a descriptor names without fetching it, and fails unless it is
// there: one HEAD, and a GET only where that is refused for good or announces
// another size, since a node sends none but GET. A blob that is elsewhere, by a
// redirect, counts as there. Its errors are those of Fetch.
func (c *Content) Has(ctx context.Context, d ocispec.Descriptor) (elsewhere bool, err error) {
	t := c.transport(d)
	t.stay = t.blob
	resp, err := c.ask(ctx, t, http.MethodHead, d)
	var status *StatusError
	switch {
	case err == nil:
		resp.Body.Close()
		if !announcesOther(resp, d.Size) {
			return resp.StatusCode >= 300, nil
		}
	case !errors.As(err, &status), PassingStatus(status.Code()):
		return false, err
	}
	if isManifest(d) {
		_, err := c.Fetch(ctx, d)
		return false, err
	}
	if resp, err = c.ask(ctx, t, http.MethodGet, d); err != nil {
		return false, err
	}
	resp.Body.Close() // it may have gigabytes
	if announcesOther(resp, d.Size) {
		return false, sizeError(d, resp.ContentLength)
	}
	return resp.StatusCode >= 300, nil
}

// transport is that for one thing that a descriptor names.
func (c *Content) transport(d ocispec.Descriptor) *transport {
	ref := c.repository
	ref.Digest = d.Digest
	t := c.client.transport(ref, c.session)
	t.content, t.blob = true, !isManifest(d)
	return t
}

// ask sends one request for a descriptor, to the place where a node looks for its
// media type.
func (c *Content) ask(ctx context.Context, t *transport, method string, d ocispec.Descriptor) (*http.Response, error) {
	if err := d.Digest.Validate(); err != nil {
		return nil, &ManifestError{What: "its index holds an invalid digest"}
	}
	place := "manifests"
	if t.blob {
		place = "blobs"
	}
	req, err := http.NewRequestWithContext(ctx, method, "https://"+t.ref.Host+"/v2/"+t.ref.Repository+"/"+place+"/"+d.Digest.String(), nil)
	if err != nil {
		return nil, err
	}
	return t.RoundTrip(req)
}

func isManifest(d ocispec.Descriptor) bool {
	return images.IsManifestType(d.MediaType) || images.IsIndexType(d.MediaType)
}

// announcesOther reports whether an answer announces another size. What is
// redirected or encoded announces none.
func announcesOther(resp *http.Response, size int64) bool {
	return resp.StatusCode < 300 && resp.ContentLength >= 0 && resp.ContentLength != size &&
		resp.Header.Get("Content-Encoding") == "" && !resp.Uncompressed
}

func sizeError(d ocispec.Descriptor, served int64) *ManifestError {
	return &ManifestError{What: fmt.Sprintf("the registry serves %d bytes of %s where %d were announced", served, d.Digest, d.Size), OtherContent: true}
}

func errOtherContent() *ManifestError {
	return &ManifestError{What: "the registry serves something else under its digest", OtherContent: true}
}
