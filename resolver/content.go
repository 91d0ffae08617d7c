package resolver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry"
	"github.com/pullgate/pullgate/resolver/words"
)

// inspect judges a manifest by what its headers say, and an index by its
// platforms as well (C60, C76 to C82).
func (r *Resolver) inspect(ctx context.Context, ref reference.Reference, m registry.Manifest, login registry.Login) outcome {
	switch t := types.MediaType(m.MediaType); {
	case m.Size == 0 && (t.IsIndex() || t.IsImage()):
		return outcome{reason: UnsupportedManifest, says: "the registry announces it to HEAD with a length of zero, and a node gives up on that: have the registry announce its length"} // B01
	case t.IsIndex():
		return r.inspectIndex(ctx, ref, m, login)
	case t.IsImage():
		return outcome{reason: Pullable, digest: m.Digest, size: m.Size}
	case !m.Own:
		// A manifest comes with its digest, and a registry says what it is. Whatever
		// else answers with a 200 is somebody in its place.
		return r.servedPage(ref, m, login)
	case t == "":
		return outcome{reason: UnsupportedManifest, says: "the registry serves it without a Content-Type, and a node does not guess"} // C60
	case strings.HasPrefix(string(t), "text/"):
		// A node fails, now (C60). But it is a page that somebody else serves in the
		// registry's place: for sign-in, or while it is down for maintenance.
		return r.servedPage(ref, m, login)
	case t == types.DockerManifestSchema1Signed:
		return outcome{reason: UnsupportedManifest, says: "it is a schema 1 image, which nodes no longer support: push it anew"} // C81
	default:
		return outcome{reason: UnsupportedManifest, says: fmt.Sprintf("its media type %s is none that a node can use: push an image in its place", words.Quote(r.scrub(m.MediaType, ref, login), maxQuoted))}
	}
}

// servedPage is for a 200 that did not come from the registry.
func (r *Resolver) servedPage(ref reference.Reference, m registry.Manifest, login registry.Login) outcome {
	o := unavailable(ref, fmt.Sprintf("it serves a page of type %s", words.Quote(r.scrub(m.MediaType, ref, login), maxQuoted)))
	o.page = true
	return o
}

// inspectIndex fetches an index unless it is known.
func (r *Resolver) inspectIndex(ctx context.Context, ref reference.Reference, m registry.Manifest, login registry.Login) outcome {
	source, err := r.client.Content(ref, login)
	if err != nil {
		return classify(ref, err)
	}
	endpoint, err := r.client.EndpointID(ref.Host)
	if err != nil {
		return classify(ref, err)
	}
	d := ocispec.Descriptor{MediaType: m.MediaType, Digest: digest.Digest(m.Digest), Size: m.Size}
	index, err := r.index(ctx, scope(endpoint, ref), source, d)
	if err != nil {
		return unservedIndex(ref, err)
	}
	return outcome{reason: Pullable, digest: m.Digest, size: m.Size, index: index}
}

// unservedIndex is for an index that HEAD announces, and GET does not serve.
func unservedIndex(ref reference.Reference, err error) outcome {
	o := classify(ref, err)
	var manifest *registry.ManifestError
	var status *registry.StatusError
	switch {
	case o.reason == ImageNotFound:
		o.reason, o.served, o.says = ImageIncomplete, true, "the registry announces an index that it does not serve: push the image anew" // C86
	case errors.As(err, &status) && o.reason == UnsupportedManifest:
		o.reason, o.says = ImageIncomplete, fmt.Sprintf("the registry announces an index, and answers %d %s when a node asks for it", status.Code(), http.StatusText(status.Code()))
	case errors.As(err, &manifest) && manifest.OtherContent:
		o.reason, o.served, o.says = ImageIncomplete, true, also(o.says, "push the image anew") // B07
	}
	return o
}
