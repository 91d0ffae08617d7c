package content

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/containerd/containerd/v2/core/images"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/registry"
)

// maxConfig is the size, in bytes, up to which a config is read: real ones have
// some thousand.
const maxConfig = 1 << 20

// ReadImage reads a plain manifest with its config, and asks for its layers. A node
// does not hold its platform against its own (C77), so there is one Report for all.
func (r Reader) ReadImage(ctx context.Context, d ocispec.Descriptor) Report {
	reading := r.begin(Node{}, true)
	o := Outcome{Fault: reading.image(ctx, d)}
	return Report{Default: o, Local: o, Deep: true, At: time.Now()}
}

// manifest fetches a manifest by its digest, and takes it apart as a node does.
func (r *reading) manifest(ctx context.Context, d ocispec.Descriptor) (m ocispec.Manifest, _ *Fault) {
	body, fault := r.fetch(ctx, ManifestPart, d)
	if fault != nil {
		return m, fault
	}
	var document struct {
		MediaType string          `json:"mediaType"`
		Manifests json.RawMessage `json:"manifests"`
		FSLayers  json.RawMessage `json:"fsLayers"`
	}
	bad := func(what string) *Fault {
		return &Fault{Part: ManifestPart, Digest: d.Digest, Definite: true, Err: &registry.ManifestError{What: what}}
	}
	if json.Unmarshal(body, &document) != nil || json.Unmarshal(body, &m) != nil {
		return m, bad(fmt.Sprintf("its manifest %s is not JSON of the right form", d.Digest))
	}
	if document.FSLayers != nil || document.Manifests != nil || images.IsIndexType(document.MediaType) {
		return m, bad(fmt.Sprintf("it is served as %s, but is none", d.MediaType))
	}
	return m, nil
}

// image reads a manifest, and finds out whether a node can fetch what it names.
func (r *reading) image(ctx context.Context, d ocispec.Descriptor) *Fault {
	m, fault := r.manifest(ctx, d)
	if fault != nil {
		return fault
	}
	var layers []ocispec.Descriptor
	worst := r.config(ctx, m)
	for _, l := range m.Layers {
		if images.IsLayerType(l.MediaType) {
			layers = append(layers, l)
			continue
		}
		worst = worse(worst, r.blob(ctx, BlobPart, l))
	}
	// Layers of what is no image are fetched by one way of pulling only, if at all.
	if !images.IsConfigType(m.Config.MediaType) {
		return worst
	}
	for _, l := range layers {
		if worst != nil && worst.Definite {
			break
		}
		worst = worse(worst, r.blob(ctx, LayerPart, l))
	}
	return worst
}

// blob asks for a blob. One that says where else it is, is looked for there first,
// by a node; nobody here asks such a place.
func (r *reading) blob(ctx context.Context, p Part, d ocispec.Descriptor) *Fault {
	if isInline(d) || len(d.URLs) > 0 {
		return nil
	}
	return r.has(ctx, p, d)
}

// config reads the config of an image, and holds it against the layers (C84).
func (r *reading) config(ctx context.Context, m ocispec.Manifest) *Fault {
	body := m.Config.Data
	switch {
	case isInline(m.Config):
	case m.Config.Size > maxConfig || !images.IsConfigType(m.Config.MediaType):
		return r.blob(ctx, ConfigPart, m.Config)
	default:
		var fault *Fault
		if body, fault = r.fetch(ctx, ConfigPart, m.Config); fault != nil {
			if fault.Definite {
				return fault
			}
			// It may be at a store that cannot be asked from here.
			return r.blob(ctx, ConfigPart, m.Config)
		}
	}
	if !images.IsConfigType(m.Config.MediaType) {
		return nil
	}
	var config struct {
		RootFS struct {
			DiffIDs []json.RawMessage `json:"diff_ids"`
		} `json:"rootfs"`
	}
	bad := func(what string) *Fault {
		return &Fault{Part: ConfigPart, Digest: m.Config.Digest, Definite: true, Err: &registry.ManifestError{What: what}}
	}
	if json.Unmarshal(body, &config) != nil {
		return bad("its config is not JSON of the right form")
	}
	layers := 0
	for _, l := range m.Layers {
		if images.IsLayerType(l.MediaType) {
			layers++
		}
	}
	if layers > 0 && layers != len(config.RootFS.DiffIDs) {
		return bad(fmt.Sprintf("its manifest has %d layers and its config %d", layers, len(config.RootFS.DiffIDs)))
	}
	return nil
}
