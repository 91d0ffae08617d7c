package content

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/platforms"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// choose follows the entries that a node takes, down to an image. Either way of
// pulling looks for them alike: those with a platform first, the best match before
// the others, and of equals the first.
func (r *reading) choose(ctx context.Context, x *Index, depth int) (chain []entry, o Outcome) {
	var fitting []entry
	said := false // an entry with a platform spoils those without, if none fits (C87)
	for _, e := range x.entries {
		if e.Platform == nil || r.node.Lenient.Match(*e.Platform) {
			fitting = append(fitting, e)
		}
		said = said || e.Platform != nil
	}
	slices.SortStableFunc(fitting, func(a, b entry) int {
		switch {
		case a.Platform != nil && (b.Platform == nil || r.node.Lenient.Less(*a.Platform, *b.Platform)):
			return -1
		case b.Platform != nil && (a.Platform == nil || r.node.Lenient.Less(*b.Platform, *a.Platform)):
			return 1
		default:
			return 0
		}
	})
	if len(fitting) == 0 || said && fitting[0].Platform == nil {
		return nil, Outcome{NoMatch: true}
	}
	first := fitting[0]
	switch {
	case images.IsIndexType(first.MediaType):
		nested, fault := r.index(ctx, first, depth)
		if fault != nil {
			return []entry{first}, Outcome{Fault: fault}
		}
		r.seen = append(r.seen, nested.Platforms()...)
		below, o := r.choose(ctx, nested, depth+1)
		return append([]entry{first}, below...), o
	case !images.IsManifestType(first.MediaType):
		return []entry{first}, Outcome{NoMatch: true}
	case first.Platform == nil:
		return []entry{first}, r.judgeByConfig(ctx, first)
	default:
		return []entry{first}, Outcome{}
	}
}

// judgeByConfig holds an image of which the index says nothing against the node by
// the platform in its config (C80).
func (r *reading) judgeByConfig(ctx context.Context, e entry) Outcome {
	if e.inline {
		return Outcome{} // nobody writes such an entry; what is in it was not kept
	}
	m, fault := r.manifest(ctx, e.Descriptor)
	if fault != nil {
		return Outcome{Fault: fault}
	}
	body := m.Config.Data
	if !isInline(m.Config) {
		if body, fault = r.fetch(ctx, ConfigPart, m.Config); fault != nil {
			return Outcome{Fault: fault}
		}
	}
	var p ocispec.Platform
	if json.Unmarshal(body, &p) != nil || p.OS == "" {
		return Outcome{NoMatch: true} // the config of no image
	}
	p = platforms.Normalize(p)
	r.seen = append(r.seen, p)
	return Outcome{NoMatch: !r.node.Lenient.Match(p)}
}
