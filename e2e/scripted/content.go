package scripted

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// The kinds of Content. The zero value is an OCI image.
const (
	DockerImage = "docker"  // schema 2
	Index       = "index"   // an OCI index
	DockerList  = "list"    // a Docker manifest list
	Helm        = "helm"    // an artifact with a config of its own
	ORAS        = "oras"    // an artifact with the empty config
	Schema1     = "schema1" // what Docker 1.9 pushed
)

// Content is what a repository holds.
type Content struct {
	Kind string `json:"kind,omitempty"`
	// Platform is what the config of an image says, linux/amd64 if empty.
	Platform string `json:"platform,omitempty"`
	// Children are those of an index.
	Children []Child `json:"children,omitempty"`
	// Size is what the manifest is padded to, in bytes.
	Size int `json:"size,omitempty"`
	// DiffIDs are added to the config, beyond the layers that there are.
	DiffIDs int `json:"diffIDs,omitempty"`
	// BadConfig is a config that is no JSON.
	BadConfig bool `json:"badConfig,omitempty"`
}

// Child is an entry of an index.
type Child struct {
	// Platform is what the index says of it, nothing if empty.
	Platform string `json:"platform,omitempty"`
	// Config is the platform that its config says, Platform if empty.
	Config string `json:"config,omitempty"`
	// Children make it an index again.
	Children []Child `json:"children,omitempty"`
}

// document is something that is served under its digest.
type document struct {
	body      []byte
	mediaType types.MediaType
	digest    v1.Hash
	kind      string // "manifest", "config" or "layer"
}

func (d document) descriptor() v1.Descriptor {
	return v1.Descriptor{MediaType: d.mediaType, Size: int64(len(d.body)), Digest: d.digest}
}

// builder makes the documents of one repository. The seed goes into each config,
// so that no two repositories share an image: a node keeps what it has pulled,
// and would not ask for it again.
type builder struct {
	seed string
	// freshLayer is for repositories that fail to serve their layer.
	freshLayer bool
	documents  map[string]document
	count      int
}

func (b *builder) add(kind string, mediaType types.MediaType, body []byte) (document, error) {
	digest, _, err := v1.SHA256(bytes.NewReader(body))
	if err != nil {
		return document{}, err
	}
	d := document{body: body, mediaType: mediaType, digest: digest, kind: kind}
	b.documents[digest.String()] = d
	return d, nil
}

func (b *builder) addJSON(kind string, mediaType types.MediaType, value any) (document, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return document{}, err
	}
	return b.add(kind, mediaType, body)
}

// content makes everything and returns the manifest that the tag stands for.
func (b *builder) content(c Content) (document, error) {
	switch c.Kind {
	case "", DockerImage:
		return b.image(c)
	case Index:
		return b.index(types.OCIImageIndex, c.Children)
	case DockerList:
		return b.index(types.DockerManifestList, c.Children)
	case Helm:
		return b.artifact("application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip", `{"name":"chart","version":"1.0.0"}`)
	case ORAS:
		return b.artifact("application/vnd.oci.empty.v1+json", "application/vnd.acme.rocket.v1", `{}`)
	case Schema1:
		return b.addJSON("manifest", types.DockerManifestSchema1Signed, map[string]any{
			"schemaVersion": 1, "name": b.seed, "tag": "v1", "architecture": "amd64",
			"fsLayers": []any{}, "history": []any{}, "signatures": []any{},
		})
	default:
		return document{}, fmt.Errorf("no kind of content is called %q", c.Kind)
	}
}

// mediaTypes are those of an image's three parts.
type mediaTypes struct{ manifest, config, layer types.MediaType }

func (b *builder) image(c Content) (document, error) {
	t := mediaTypes{types.OCIManifestSchema1, types.OCIConfigJSON, types.OCILayer}
	if c.Kind == DockerImage {
		t = mediaTypes{types.DockerManifestSchema2, types.DockerConfigJSON, types.DockerLayer}
	}
	layer, diffID, err := b.layer(t.layer)
	if err != nil {
		return document{}, err
	}
	config, err := b.config(c, t.config, diffID)
	if err != nil {
		return document{}, err
	}
	m := v1.Manifest{SchemaVersion: 2, MediaType: t.manifest, Config: config.descriptor(), Layers: []v1.Descriptor{layer.descriptor()}}
	if c.Size > 0 {
		m.Annotations = map[string]string{"padding": strings.Repeat("x", c.Size)}
	}
	return b.addJSON("manifest", t.manifest, m)
}

func (b *builder) config(c Content, mediaType types.MediaType, diffID v1.Hash) (document, error) {
	b.count++
	if c.BadConfig {
		return b.add("config", mediaType, fmt.Appendf(nil, "no JSON: %s %d", b.seed, b.count))
	}
	platform, err := parsePlatform(c.Platform)
	if err != nil {
		return document{}, err
	}
	file := v1.ConfigFile{
		OS: platform.OS, Architecture: platform.Architecture, Variant: platform.Variant,
		Author: fmt.Sprintf("%s %d", b.seed, b.count),
		Config: v1.Config{Cmd: []string{"/hello"}},
		RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{diffID}},
	}
	for range c.DiffIDs {
		file.RootFS.DiffIDs = append(file.RootFS.DiffIDs, diffID)
	}
	return b.addJSON("config", mediaType, file)
}

// layer makes a layer of one small file, and its diff id.
func (b *builder) layer(mediaType types.MediaType) (document, v1.Hash, error) {
	text := "hello\n"
	if b.freshLayer {
		text += b.seed + "\n"
	}
	var plain, packed bytes.Buffer
	w := tar.NewWriter(&plain)
	if err := w.WriteHeader(&tar.Header{Name: "hello", Mode: 0o644, Size: int64(len(text))}); err != nil {
		return document{}, v1.Hash{}, err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return document{}, v1.Hash{}, err
	}
	if err := w.Close(); err != nil {
		return document{}, v1.Hash{}, err
	}
	diffID, _, err := v1.SHA256(bytes.NewReader(plain.Bytes()))
	if err != nil {
		return document{}, v1.Hash{}, err
	}
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(plain.Bytes()); err != nil {
		return document{}, v1.Hash{}, err
	}
	if err := z.Close(); err != nil {
		return document{}, v1.Hash{}, err
	}
	d, err := b.add("layer", mediaType, packed.Bytes())
	return d, diffID, err
}
