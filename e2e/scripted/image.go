package scripted

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// image is what a manifest is made from: a Content, and the statuses of its
// config, of its last layer, and of the first one of several.
type image struct {
	Content
	config, layer, base Statuses
	// child is one of an index, and has a layer like no other.
	child bool
}

// mediaTypes are those of an image's three parts.
type mediaTypes struct{ manifest, config, layer types.MediaType }

func (i image) types() mediaTypes {
	t := mediaTypes{types.OCIManifestSchema1, types.OCIConfigJSON, types.OCILayer}
	if i.Kind == DockerImage {
		t = mediaTypes{types.DockerManifestSchema2, types.DockerConfigJSON, types.DockerLayer}
	}
	t.config = cmp.Or(types.MediaType(i.ConfigType), t.config)
	return t
}

func (b *builder) image(i image) (document, error) {
	t := i.types()
	m := v1.Manifest{SchemaVersion: 2, MediaType: t.manifest}
	var diffIDs []v1.Hash
	count := max(1, i.Layers)
	for n := range count {
		d, diffID, err := b.layer(i, t.layer, n, n == count-1)
		if err != nil {
			return document{}, err
		}
		m.Layers, diffIDs = append(m.Layers, d), append(diffIDs, diffID)
	}
	config, err := b.config(i, t.config, diffIDs)
	if err != nil {
		return document{}, err
	}
	m.Config = config.descriptor()
	m.Config.Size = i.ConfigSize.of(len(config.body))
	if i.ConfigData {
		m.Config.Data = config.body
	}
	if i.Size > 0 {
		m.Annotations = map[string]string{"padding": strings.Repeat("x", i.Size)}
	}
	return b.addJSON("manifest", t.manifest, m)
}

func (b *builder) config(i image, mediaType types.MediaType, diffIDs []v1.Hash) (document, error) {
	b.count++
	if i.BadConfig {
		d, err := b.add("config", mediaType, fmt.Appendf(nil, "no JSON: %s %d", b.seed, b.count))
		return b.failing(d, i.config), err
	}
	platform, err := parsePlatform(i.Platform)
	if err != nil {
		return document{}, err
	}
	file := v1.ConfigFile{
		OS: platform.OS, Architecture: platform.Architecture, Variant: platform.Variant, OSVersion: platform.OSVersion,
		Author: fmt.Sprintf("%s %d", b.seed, b.count),
		Config: v1.Config{Cmd: []string{"/hello"}},
		RootFS: v1.RootFS{Type: "layers", DiffIDs: diffIDs},
	}
	for range i.DiffIDs {
		file.RootFS.DiffIDs = append(file.RootFS.DiffIDs, diffIDs[0])
	}
	d, err := b.addJSON("config", mediaType, file)
	return b.failing(d, i.config), err
}

// failing gives a document statuses of its own.
func (b *builder) failing(d document, s Statuses) document {
	d.get = s
	b.keep(d)
	return d
}

// layer makes a layer of one small file: its descriptor, and its diff id.
func (b *builder) layer(i image, mediaType types.MediaType, n int, last bool) (v1.Descriptor, v1.Hash, error) {
	text := fmt.Sprintf("hello %d\n", n)
	if last && i.ownLayer() {
		text += fmt.Sprintf("%s %d\n", b.seed, b.count)
	}
	body, diffID, err := layerOf(text)
	if err != nil {
		return v1.Descriptor{}, v1.Hash{}, err
	}
	d, err := b.add("layer", mediaType, body)
	if err != nil {
		return v1.Descriptor{}, v1.Hash{}, err
	}
	if !last {
		if n == 0 {
			d = b.failing(d, i.base)
		}
		return d.descriptor(), diffID, nil
	}
	d = b.failing(d, i.layer)
	entry := d.descriptor()
	entry.MediaType = cmp.Or(types.MediaType(i.LayerType), mediaType)
	entry.Size = i.LayerSize.of(len(d.body))
	if i.Foreign != "" {
		b.estrange(i, d, &entry)
	}
	return entry, diffID, nil
}

// ownLayer reports whether something is wrong with the last layer. A node has it
// for certain only if it is like no other: what it has it does not ask for.
func (i image) ownLayer() bool {
	return i.child || !i.Common && (len(i.layer) > 0 || i.LayerSize != "" || i.LayerType != "" || i.Foreign != "" || i.Layers > 0)
}

// estrange makes a layer one that is elsewhere.
func (b *builder) estrange(i image, d document, entry *v1.Descriptor) {
	entry.MediaType = types.OCIUncompressedRestrictedLayer + "+gzip"
	if i.Kind == DockerImage {
		entry.MediaType = types.DockerForeignLayer
	}
	url := b.foreign + d.digest.String()
	switch i.Foreign {
	case There:
		b.failing(d, Statuses{404})
	case Gone:
		b.failing(d, Statuses{404})
		url = b.foreign + "none/" + d.digest.String()
	case Here:
		url = b.foreign + "none/" + d.digest.String()
	}
	entry.URLs = []string{url}
}

func layerOf(text string) ([]byte, v1.Hash, error) {
	var plain, packed bytes.Buffer
	w := tar.NewWriter(&plain)
	if err := w.WriteHeader(&tar.Header{Name: "hello", Mode: 0o644, Size: int64(len(text))}); err != nil {
		return nil, v1.Hash{}, err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return nil, v1.Hash{}, err
	}
	if err := w.Close(); err != nil {
		return nil, v1.Hash{}, err
	}
	diffID, _, err := v1.SHA256(bytes.NewReader(plain.Bytes()))
	if err != nil {
		return nil, v1.Hash{}, err
	}
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(plain.Bytes()); err != nil {
		return nil, v1.Hash{}, err
	}
	err = z.Close()
	return packed.Bytes(), diffID, err
}
