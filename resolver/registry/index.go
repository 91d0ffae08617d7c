package registry

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/platforms"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/reference"
)

// Index is the tree of an image index, as far as a node looks at it to choose
// the image for its platform.
type Index struct {
	children []child
}

// child is one entry of an index.
type child struct {
	// platform is what the entry says, nil if it says nothing.
	platform *ocispec.Platform
	// nested is what an entry that is an index holds.
	nested *Index
	// config is the platform in the image's configuration. It is known of the
	// first entry that says nothing: no node looks at a second one.
	config *ocispec.Platform
}

// Limits of one tree: a registry may nest indexes without end.
const (
	maxIndexDepth   = 4
	maxIndexFetches = 8
)

// Suits reports whether a node would find an image for its platform: the first
// entry that matches, or, if no entry says anything, the first of all (C76, C78,
// C80). An entry for another platform spoils those that say nothing, because
// containerd sizes the image up by it, and has not fetched it (C87).
func (x *Index) Suits(node platforms.Matcher) bool {
	said := false
	for _, c := range x.children {
		if c.platform == nil {
			continue
		}
		if node.Match(*c.platform) {
			return c.nested == nil || c.nested.Suits(node)
		}
		said = true
	}
	switch {
	case said || len(x.children) == 0:
		return false
	case x.children[0].nested != nil:
		return x.children[0].nested.Suits(node)
	default:
		return node.Match(*x.children[0].config)
	}
}

// Platforms lists the platforms of the index and of those nested in it, without
// the unknown ones of attestations.
func (x *Index) Platforms() (list []ocispec.Platform) {
	for _, c := range x.children {
		switch {
		case c.nested != nil:
			list = append(list, c.nested.Platforms()...)
		case c.platform != nil && c.platform.OS != "unknown":
			list = append(list, *c.platform)
		case c.config != nil:
			list = append(list, *c.config)
		}
	}
	return list
}

// Index fetches the index that a Head found. Its errors are those of Head.
func (c *Client) Index(ctx context.Context, ref reference.Reference, m Manifest, login Login) (*Index, error) {
	s, err := c.open(ref, login)
	if err != nil {
		return nil, err
	}
	f := &indexFetcher{client: c, repository: ref, session: s}
	return f.fetch(ctx, digest.Digest(m.Digest), m.MediaType, 1)
}

type indexFetcher struct {
	client     *Client
	repository reference.Reference
	session    *session
	fetches    int
}

func (f *indexFetcher) fetch(ctx context.Context, d digest.Digest, mediaType string, depth int) (*Index, error) {
	body, err := f.get(ctx, d)
	if err != nil {
		return nil, err
	}
	var document struct {
		MediaType string               `json:"mediaType"`
		Config    json.RawMessage      `json:"config"`
		Layers    json.RawMessage      `json:"layers"`
		FSLayers  json.RawMessage      `json:"fsLayers"`
		Manifests []ocispec.Descriptor `json:"manifests"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return nil, &ManifestError{What: fmt.Sprintf("its index %s is not JSON of the right form", d)}
	}
	if document.FSLayers != nil || document.Config != nil || document.Layers != nil || images.IsManifestType(document.MediaType) {
		return nil, &ManifestError{What: fmt.Sprintf("it is served as %s, but is none", mediaType)}
	}
	x := &Index{}
	silent := false
	for _, entry := range document.Manifests {
		c := child{platform: entry.Platform}
		switch {
		case images.IsIndexType(entry.MediaType):
			if depth == maxIndexDepth {
				return nil, &ManifestError{What: "its indexes are nested too deep"}
			}
			c.nested, err = f.fetch(ctx, entry.Digest, entry.MediaType, depth+1)
			// One that names its platform is nothing to the nodes of others.
			if err != nil && entry.Platform == nil {
				return nil, err
			}
		case !images.IsManifestType(entry.MediaType):
			continue
		case entry.Platform == nil && !silent:
			if c.config, err = f.config(ctx, entry.Digest); err != nil {
				return nil, err
			}
		}
		silent = silent || entry.Platform == nil
		x.children = append(x.children, c)
	}
	return x, nil
}

// get fetches a manifest by its digest, which the transport verifies.
func (f *indexFetcher) get(ctx context.Context, d digest.Digest) ([]byte, error) {
	target, options, err := f.next(ctx, d)
	if err != nil {
		return nil, err
	}
	found, err := remote.Get(target, options...)
	if err != nil {
		return nil, err
	}
	return found.Manifest, nil
}

// config reads the platform in the configuration of an image.
func (f *indexFetcher) config(ctx context.Context, d digest.Digest) (*ocispec.Platform, error) {
	target, options, err := f.next(ctx, d)
	if err != nil {
		return nil, err
	}
	image, err := remote.Image(target, options...)
	if err != nil {
		return nil, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	p := platforms.Normalize(ocispec.Platform{OS: file.OS, Architecture: file.Architecture, Variant: file.Variant})
	return &p, nil
}

// next counts a fetch, and says what to fetch and how.
func (f *indexFetcher) next(ctx context.Context, d digest.Digest) (name.Reference, []remote.Option, error) {
	if f.fetches++; f.fetches > maxIndexFetches {
		return nil, nil, &ManifestError{What: "its index refers to too many others"}
	}
	if err := d.Validate(); err != nil {
		return nil, nil, &ManifestError{What: "its index holds an invalid digest"}
	}
	ref := f.repository
	ref.Tag, ref.Digest = "", d
	target, err := target(ref)
	if err != nil {
		return nil, nil, err
	}
	return target, options(ctx, f.client.transport(ref, f.session)), nil
}
