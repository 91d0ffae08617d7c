package content

import (
	"slices"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Part is what a Fault is about.
type Part string

// The parts of an image.
const (
	IndexPart    Part = "index"
	ManifestPart Part = "manifest"
	ConfigPart   Part = "config"
	LayerPart    Part = "layer"
	BlobPart     Part = "blob"
)

// Fault is why a node that reads an image fails, or why nobody here can tell.
type Fault struct {
	Part   Part
	Digest digest.Digest
	Err    error
	// Definite tells that it is for good. Else Err may pass.
	Definite bool
}

// Outcome is what one way of pulling comes to. The zero value is that nothing is
// wrong in what was read.
type Outcome struct {
	// NoMatch tells that there is nothing for the node's platform.
	NoMatch bool
	Fault   *Fault
}

// Sound reports whether nothing is wrong.
func (o Outcome) Sound() bool { return !o.NoMatch && o.Fault == nil }

// settled reports whether all was read that decides.
func (o Outcome) settled() bool { return o.Fault == nil || o.Fault.Definite }

// Report is what came of reading an image for one platform, in both ways in which
// containerd pulls.
type Report struct {
	Default, Local Outcome
	// Has are platforms of the image that its index does not name itself: those of
	// indexes in it, and of the configs that were read.
	Has []ocispec.Platform
	// Deep tells that manifests, configs and layers were read as well.
	Deep bool
	// At is when it was read.
	At time.Time
}

// Sound reports whether both ways come through.
func (r Report) Sound() bool { return r.Default.Sound() && r.Local.Sound() }

// Settled reports whether all was read that decides, for both ways: nothing in it may
// pass.
func (r Report) Settled() bool { return r.Default.settled() && r.Local.settled() }

// kept is a Report that is kept, for a platform.
type kept struct {
	platform Key
	Report
}

// Known is what was found out for a platform before. What is sound holds for good,
// since a digest's content cannot change.
func (x *Index) Known(platform Key) (Report, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, k := range x.known {
		if k.platform == platform {
			return k.Report, true
		}
	}
	return Report{}, false
}

// keep keeps a Report, unless it has something that may pass. A shallow one never
// takes the place of a deep one that is sound.
func (x *Index) keep(platform Key, r Report) {
	if !r.Settled() {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	n := slices.IndexFunc(x.known, func(k kept) bool { return k.platform == platform })
	switch {
	case n < 0 && len(x.known) < maxPlatforms:
		x.known = append(x.known, kept{platform, r})
	case n >= 0 && (r.Deep || !x.known[n].Deep || !x.known[n].Sound()):
		x.known[n].Report = r
	}
}

// maxPlatforms bounds what one index keeps: clusters have a handful.
const maxPlatforms = 16
