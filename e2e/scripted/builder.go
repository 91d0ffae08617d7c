package scripted

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// document is something that is served under its digest.
type document struct {
	body      []byte
	mediaType types.MediaType
	digest    v1.Hash
	kind      string // "manifest", "config" or "layer"
	// serves is the Content-Type, if it is not the mediaType.
	serves string
	// head and get are its own statuses; head holds for manifests alone.
	head, get Statuses
}

func (d document) descriptor() v1.Descriptor {
	return v1.Descriptor{MediaType: d.mediaType, Size: int64(len(d.body)), Digest: d.digest}
}

func (d document) statuses(method string) Statuses {
	if method == http.MethodHead {
		return d.head
	}
	return d.get
}

// builder makes the documents of one repository. The seed goes into each config,
// so that no two repositories share an image: a node keeps what it has pulled,
// and would not ask for it again.
type builder struct {
	seed string
	// foreign is the URL that digests of foreign layers are added to.
	foreign   string
	behaviour Behaviour
	documents map[string]document
	count     int
}

func (b *builder) add(kind string, mediaType types.MediaType, body []byte) (document, error) {
	digest, _, err := v1.SHA256(bytes.NewReader(body))
	if err != nil {
		return document{}, err
	}
	d := document{body: body, mediaType: mediaType, digest: digest, kind: kind}
	b.keep(d)
	return d, nil
}

func (b *builder) keep(d document) { b.documents[d.digest.String()] = d }

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
	case Index:
		return b.index(types.OCIImageIndex, c.Children)
	case DockerList:
		return b.index(types.DockerManifestList, c.Children)
	case Schema1:
		return b.addJSON("manifest", types.DockerManifestSchema1Signed, map[string]any{
			"schemaVersion": 1, "name": b.seed, "tag": "v1", "architecture": "amd64",
			"fsLayers": []any{}, "history": []any{}, "signatures": []any{},
		})
	default:
		return b.manifest(image{Content: c, config: b.behaviour.Config, layer: b.behaviour.Layer, base: b.behaviour.Base})
	}
}

// manifest makes what is no index.
func (b *builder) manifest(i image) (document, error) {
	switch i.Kind {
	case "", DockerImage:
		return b.image(i)
	case Helm:
		return b.artifact(i, "application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip", fmt.Sprintf(`{"name":%q,"version":"1.0.0"}`, b.seed))
	case ORAS:
		return b.artifact(i, "application/vnd.oci.empty.v1+json", "application/vnd.acme.rocket.v1", `{}`)
	case Attestation:
		return b.artifact(i, types.OCIConfigJSON, "application/vnd.in-toto+json", fmt.Sprintf(`{"architecture":"unknown","os":"unknown","author":%q,"config":{},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}`, b.seed, noDigest))
	default:
		return document{}, fmt.Errorf("no kind of content is called %q", i.Kind)
	}
}

const noDigest = "0000000000000000000000000000000000000000000000000000000000000000"
