package scripted

import (
	"cmp"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// index makes an index of OCI, or a manifest list of Docker, with its children.
func (b *builder) index(mediaType types.MediaType, children []Child) (document, error) {
	kind := ""
	if mediaType == types.DockerManifestList {
		kind = DockerImage
	}
	// The seed makes an index unique that has no children.
	m := v1.IndexManifest{SchemaVersion: 2, MediaType: mediaType, Manifests: []v1.Descriptor{}, Annotations: map[string]string{"seed": b.seed}}
	for _, c := range children {
		child, err := b.child(kind, mediaType, c)
		if err != nil {
			return document{}, err
		}
		entry := child.descriptor()
		if c.Platform != "" {
			platform, err := parsePlatform(c.Platform)
			if err != nil {
				return document{}, err
			}
			entry.Platform = platform
		}
		m.Manifests = append(m.Manifests, entry)
	}
	return b.addJSON("manifest", mediaType, m)
}

func (b *builder) child(kind string, parent types.MediaType, c Child) (document, error) {
	if c.Children != nil {
		return b.index(parent, c.Children)
	}
	return b.image(Content{Kind: kind, Platform: cmp.Or(c.Config, c.Platform)})
}

// artifact makes a manifest whose config is no image's.
func (b *builder) artifact(config, layer types.MediaType, configBody string) (document, error) {
	c, err := b.add("config", config, []byte(configBody))
	if err != nil {
		return document{}, err
	}
	l, err := b.add("layer", layer, []byte("what "+b.seed+" is made of\n"))
	if err != nil {
		return document{}, err
	}
	return b.addJSON("manifest", types.OCIManifestSchema1, v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1,
		Config: c.descriptor(), Layers: []v1.Descriptor{l.descriptor()},
		Annotations: map[string]string{"seed": b.seed},
	})
}

func parsePlatform(s string) (*v1.Platform, error) {
	p, err := v1.ParsePlatform(cmp.Or(s, "linux/amd64"))
	if err != nil {
		return nil, fmt.Errorf("platform %q: %w", s, err)
	}
	return p, nil
}
