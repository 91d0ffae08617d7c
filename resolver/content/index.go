package content

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/containerd/containerd/v2/core/images"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/registry"
)

// Index is an image index, with what was found out about its images. It is safe
// for concurrent use.
type Index struct {
	// Size is that of its body, in bytes.
	Size    int64
	entries []entry

	mu    sync.RWMutex
	known []kept
}

// entry is one entry of an index, as far as a node looks at it.
type entry struct {
	ocispec.Descriptor
	// inline tells that the entry has the content in itself, so that a node
	// fetches nothing.
	inline bool
}

// ParseIndex reads the body of an index. It fails with a *registry.ManifestError.
func ParseIndex(body []byte, d ocispec.Descriptor) (*Index, error) {
	var document struct {
		MediaType string               `json:"mediaType"`
		Config    json.RawMessage      `json:"config"`
		Layers    json.RawMessage      `json:"layers"`
		FSLayers  json.RawMessage      `json:"fsLayers"`
		Manifests []ocispec.Descriptor `json:"manifests"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return nil, &registry.ManifestError{What: fmt.Sprintf("its index %s is not JSON of the right form", d.Digest)}
	}
	if document.FSLayers != nil || document.Config != nil || document.Layers != nil || images.IsManifestType(document.MediaType) {
		return nil, &registry.ManifestError{What: fmt.Sprintf("it is served as %s, but is none", d.MediaType)}
	}
	x := &Index{Size: int64(len(body)), entries: make([]entry, len(document.Manifests))}
	for n, m := range document.Manifests {
		x.entries[n] = entry{
			Descriptor: ocispec.Descriptor{MediaType: m.MediaType, Digest: m.Digest, Size: m.Size, Platform: m.Platform},
			inline:     isInline(m),
		}
	}
	return x, nil
}

// isInline reports whether a descriptor has its content in itself.
func isInline(d ocispec.Descriptor) bool { return d.Size > 0 && int64(len(d.Data)) == d.Size }

// Platforms lists the platforms of the images that the index names, without the
// unknown ones of attestations.
func (x *Index) Platforms() (list []ocispec.Platform) {
	for _, e := range x.entries {
		if e.Platform != nil && e.Platform.OS != "unknown" && !images.IsIndexType(e.MediaType) {
			list = append(list, *e.Platform)
		}
	}
	return list
}
