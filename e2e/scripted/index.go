package scripted

import (
	"cmp"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// index makes an index of OCI, or a manifest list of Docker, with its children.
func (b *builder) index(mediaType types.MediaType, children []Child) (document, error) {
	// The seed makes an index unique that has no children.
	m := v1.IndexManifest{SchemaVersion: 2, MediaType: mediaType, Manifests: []v1.Descriptor{}, Annotations: map[string]string{"seed": b.seed}}
	for _, c := range children {
		child, err := b.child(mediaType, c)
		if err != nil {
			return document{}, err
		}
		entry, err := c.entry(child)
		if err != nil {
			return document{}, err
		}
		m.Manifests = append(m.Manifests, entry)
	}
	return b.addJSON("manifest", mediaType, m)
}

// entry is what the index says of a child.
func (c Child) entry(child document) (v1.Descriptor, error) {
	entry := child.descriptor()
	entry.Size = c.Size.of(len(child.body))
	switch c.Type {
	case "":
	case Absent:
		entry.MediaType = ""
	default:
		entry.MediaType = types.MediaType(c.Type)
	}
	if c.Data {
		entry.Data = child.body
	}
	if c.Kind == Attestation {
		entry.Annotations = map[string]string{"vnd.docker.reference.type": "attestation-manifest"}
	}
	if c.Platform != "" {
		platform, err := parsePlatform(c.Platform)
		if err != nil {
			return entry, err
		}
		platform.OSFeatures = c.Features
		entry.Platform = platform
	}
	return entry, nil
}

func (b *builder) child(parent types.MediaType, c Child) (document, error) {
	var d document
	var err error
	if c.Children != nil {
		d, err = b.index(parent, c.Children)
	} else {
		i := image{
			Content: Content{Kind: c.Kind, Platform: cmp.Or(c.Config, c.Platform), BadConfig: c.BadConfig},
			config:  c.ConfigBlob, layer: c.LayerBlob, child: true,
		}
		if i.Kind == "" && parent == types.DockerManifestList {
			i.Kind = DockerImage
		}
		d, err = b.manifest(i)
	}
	d.head, d.get, d.serves = c.Head, c.Get, c.Serves
	b.keep(d)
	return d, err
}

// artifact makes a manifest whose config is no image's.
func (b *builder) artifact(i image, config, layer types.MediaType, configBody string) (document, error) {
	b.count++
	c, err := b.add("config", config, []byte(configBody))
	if err != nil {
		return document{}, err
	}
	c = b.failing(c, i.config)
	l, err := b.add("layer", layer, fmt.Appendf(nil, "what %s is made of, %d\n", b.seed, b.count))
	if err != nil {
		return document{}, err
	}
	l = b.failing(l, i.layer)
	m := v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1,
		Config: c.descriptor(), Layers: []v1.Descriptor{l.descriptor()},
		Annotations: map[string]string{"seed": b.seed},
	}
	m.Config.Size, m.Layers[0].Size = i.ConfigSize.of(len(c.body)), i.LayerSize.of(len(l.body))
	if i.ConfigData {
		m.Config.Data = c.body
	}
	return b.addJSON("manifest", types.OCIManifestSchema1, m)
}

func parsePlatform(s string) (*v1.Platform, error) {
	p, err := v1.ParsePlatform(cmp.Or(s, "linux/amd64"))
	if err != nil {
		return nil, fmt.Errorf("platform %q: %w", s, err)
	}
	return p, nil
}
