package content

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/containerd/containerd/v2/core/images"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/registry"
)

// Source is what a repository has under digests; see registry.Content.
type Source interface {
	Fetch(ctx context.Context, d ocispec.Descriptor) ([]byte, error)
	Has(ctx context.Context, d ocispec.Descriptor) (elsewhere bool, err error)
}

// Reader reads the content of one repository.
type Reader struct {
	Source Source
	// Definite reports whether an error of Source is for good.
	Definite func(error) bool
	// Index reads an index, or remembers it.
	Index func(ctx context.Context, d ocispec.Descriptor) (*Index, error)
}

// Limits of one image: a registry may nest indexes without end, and a node reads
// thousands of entries.
const (
	maxDepth    = 4
	maxRequests = 16
	// maxDeepRequests is for an image with all its layers.
	maxDeepRequests = 256
)

// LimitError is an image that has more than is read here. A node reads it all.
type LimitError struct{ What string }

func (e *LimitError) Error() string { return e.What }

// reading is one image being read for one platform.
type reading struct {
	Reader
	node Node
	deep bool
	left int // requests
	// seen are platforms that were found on the way.
	seen []ocispec.Platform
	// heads are what was asked for already, and what came of it.
	heads map[string]ways
}

// ways is what an image comes to in the two ways of pulling.
type ways struct{ def, local *Fault }

// alike is for what makes no difference to them.
func alike(f *Fault) ways { return ways{f, f} }

func (r Reader) begin(node Node, deep bool) *reading {
	left := maxRequests
	if deep {
		left = maxDeepRequests
	}
	return &reading{Reader: r, node: node, deep: deep, left: left, heads: map[string]ways{}}
}

// ReadIndex reads what a node of a platform reads of an index, and keeps what
// holds. Deep has manifests, configs and layers read as well.
func (r Reader) ReadIndex(ctx context.Context, x *Index, node Node, deep bool) Report {
	reading := r.begin(node, deep)
	report := Report{Deep: deep, At: time.Now()}
	chain, chosen := reading.choose(ctx, x, 1)
	switch {
	case !chosen.Sound():
		report.Default, report.Local = chosen, chosen
	default:
		report.Default = reading.all(ctx, x, 1)
		report.Local = reading.each(ctx, chain)
		if p := chain[0].Platform; p != nil && !node.Strict.Match(*p) {
			report.Default = Outcome{NoMatch: true} // it is not fetched (C79)
		}
	}
	report.Has = reading.seen
	x.keep(node.Key, report)
	return report
}

// all fetches what the transfer service fetches: each entry for the platform, and
// each without one (B12).
func (r *reading) all(ctx context.Context, x *Index, depth int) Outcome {
	var worst *Fault
	for _, e := range x.entries {
		if e.Platform != nil && !r.node.Strict.Match(*e.Platform) {
			continue
		}
		fault := r.fetched(ctx, e).def
		if fault == nil && images.IsIndexType(e.MediaType) && !e.inline {
			var nested *Index
			if nested, fault = r.index(ctx, e, depth); fault == nil {
				fault = r.all(ctx, nested, depth+1).Fault
			}
		}
		if worst = worse(worst, fault); worst != nil && worst.Definite && worst.Part != LayerPart {
			break
		}
	}
	return Outcome{Fault: worst}
}

// each fetches the entries of a chain, and nothing else, as client.Pull does.
func (r *reading) each(ctx context.Context, chain []entry) Outcome {
	var worst *Fault
	for _, e := range chain {
		worst = worse(worst, r.fetched(ctx, e).local)
	}
	return Outcome{Fault: worst}
}

// worse is the fault that decides of two: one for good, and of those one that is
// not only a layer's.
func worse(a, b *Fault) *Fault {
	rank := func(f *Fault) int {
		switch {
		case f == nil:
			return 0
		case !f.Definite:
			return 1
		case f.Part == LayerPart:
			return 2
		default:
			return 3
		}
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// fetched finds out whether a node can fetch an entry, once.
func (r *reading) fetched(ctx context.Context, e entry) ways {
	key := fmt.Sprint(e.Digest, " ", e.Size, " ", e.MediaType)
	w, known := r.heads[key]
	if !known {
		w = r.look(ctx, e)
		r.heads[key] = w
	}
	return w
}

func (r *reading) look(ctx context.Context, e entry) ways {
	switch {
	case e.Size <= 0:
		return alike(noSize(ManifestPart, e.Descriptor))
	case e.inline, images.IsIndexType(e.MediaType):
		return ways{} // an index is fetched where it is looked into
	case !images.IsManifestType(e.MediaType):
		return alike(r.has(ctx, BlobPart, e.Descriptor))
	case r.deep:
		return r.image(ctx, e.Descriptor)
	default:
		return alike(r.has(ctx, ManifestPart, e.Descriptor))
	}
}

// noSize is a descriptor that a node refuses to fetch (B01, B08).
func noSize(p Part, d ocispec.Descriptor) *Fault {
	return &Fault{Part: p, Digest: d.Digest, Definite: true, Err: &registry.ManifestError{
		What: fmt.Sprintf("the size of %s is said to be %d bytes, and a node fetches nothing of no size", d.Digest, d.Size),
	}}
}

func (r *reading) index(ctx context.Context, e entry, depth int) (*Index, *Fault) {
	if e.Size <= 0 {
		return nil, noSize(IndexPart, e.Descriptor)
	}
	if depth >= maxDepth {
		return nil, &Fault{Part: IndexPart, Digest: e.Digest, Err: &LimitError{"its indexes are nested deeper than pullgate follows them"}}
	}
	if fault := r.spend(IndexPart, e.Descriptor); fault != nil {
		return nil, fault
	}
	x, err := r.Index(ctx, e.Descriptor)
	return x, r.fault(IndexPart, e.Descriptor, err)
}

func (r *reading) fetch(ctx context.Context, p Part, d ocispec.Descriptor) ([]byte, *Fault) {
	if d.Size <= 0 {
		return nil, noSize(p, d)
	}
	if fault := r.spend(p, d); fault != nil {
		return nil, fault
	}
	body, err := r.Source.Fetch(ctx, d)
	return body, r.fault(p, d, err)
}

func (r *reading) has(ctx context.Context, p Part, d ocispec.Descriptor) *Fault {
	if d.Size <= 0 {
		return noSize(p, d)
	}
	if fault := r.spend(p, d); fault != nil {
		return fault
	}
	_, err := r.Source.Has(ctx, d)
	return r.fault(p, d, err)
}

// spend counts a request.
func (r *reading) spend(p Part, d ocispec.Descriptor) *Fault {
	if r.left--; r.left < 0 {
		return &Fault{Part: p, Digest: d.Digest, Err: &LimitError{"it has more parts than pullgate looks at"}}
	}
	return nil
}

func (r *reading) fault(p Part, d ocispec.Descriptor, err error) *Fault {
	if err == nil {
		return nil
	}
	var manifest *registry.ManifestError
	return &Fault{Part: p, Digest: d.Digest, Err: err, Definite: errors.As(err, &manifest) || r.Definite(err)}
}
