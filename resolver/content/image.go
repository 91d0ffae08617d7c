package content

import (
	"context"
	"encoding/json"
	"errors"
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
	w := r.begin(Node{}, true).image(ctx, d)
	return Report{Default: Outcome{Fault: w.def}, Local: Outcome{Fault: w.local}, Deep: true, At: time.Now()}
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
func (r *reading) image(ctx context.Context, d ocispec.Descriptor) ways {
	m, fault := r.manifest(ctx, d)
	if fault != nil {
		return alike(fault)
	}
	w := alike(nil)
	var layers []ocispec.Descriptor
	for _, l := range m.Layers {
		if images.IsLayerType(l.MediaType) {
			layers = append(layers, l)
			continue
		}
		fault = worse(fault, r.blob(ctx, BlobPart, l))
	}
	diffIDs, bad := r.config(ctx, m)
	fault = worse(fault, bad)
	w.def, w.local = fault, fault
	if bad == nil && diffIDs >= 0 && diffIDs != len(layers) {
		mismatch := badConfig(m, fmt.Sprintf("its manifest has %d layers and its config %d", len(layers), diffIDs))
		w.local = worse(w.local, mismatch)
		if images.IsConfigType(m.Config.MediaType) && len(layers) > 0 {
			w.def = worse(w.def, mismatch)
		}
	}
	if !images.IsConfigType(m.Config.MediaType) && len(layers) > 0 {
		w.local = worse(w.local, &Fault{Part: LayerPart, Digest: layers[0].Digest, Definite: true, Err: &registry.ManifestError{
			What: fmt.Sprintf("its config is of type %s, and so its layers are not fetched", m.Config.MediaType),
		}})
	}
	if w.local != nil && w.local.Definite {
		return w // whatever becomes of the layers
	}
	for _, l := range layers {
		lost := r.blob(ctx, LayerPart, l)
		w.def, w.local = worse(w.def, lost), worse(w.local, lost)
		if w.local != nil && w.local.Definite {
			break
		}
	}
	return w
}

// blob asks for a blob. One that says where else it is, a node looks for there
// first, and nobody here asks such a place.
func (r *reading) blob(ctx context.Context, p Part, d ocispec.Descriptor) *Fault {
	if isInline(d) || len(d.URLs) > 0 {
		return nil
	}
	return r.has(ctx, p, d)
}

// config reads the config of an image, and returns of how many layers it is, below
// zero if that is not known (C84).
func (r *reading) config(ctx context.Context, m ocispec.Manifest) (layers int, _ *Fault) {
	body := m.Config.Data
	switch {
	case isInline(m.Config):
	case m.Config.Size > maxConfig:
		return -1, r.blob(ctx, ConfigPart, m.Config)
	default:
		var fault *Fault
		if body, fault = r.fetch(ctx, ConfigPart, m.Config); fault != nil {
			var status *registry.StatusError
			if fault.Definite || errors.As(fault.Err, &status) && status.At == "" || r.spend(ConfigPart, m.Config) != nil {
				return -1, fault
			}
			// It may be at a store that cannot be asked from here.
			if elsewhere, err := r.Source.Has(ctx, m.Config); err == nil && elsewhere {
				return -1, nil
			}
			return -1, fault
		}
	}
	var config struct {
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		} `json:"rootfs"`
	}
	if json.Unmarshal(body, &config) != nil {
		return -1, badConfig(m, "its config is not JSON of the right form")
	}
	return len(config.RootFS.DiffIDs), nil
}

func badConfig(m ocispec.Manifest, what string) *Fault {
	return &Fault{Part: ConfigPart, Digest: m.Config.Digest, Definite: true, Err: &registry.ManifestError{What: what}}
}
