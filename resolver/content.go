package resolver

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/containerd/platforms"
	"github.com/google/go-containerregistry/pkg/v1/types"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry"
	"github.com/pullgate/pullgate/resolver/words"
)

// inspect judges a manifest by what its headers say, and an index by its
// platforms as well (C60, C76 to C82).
func (r *Resolver) inspect(ctx context.Context, ref reference.Reference, m registry.Manifest, login registry.Login) outcome {
	switch t := types.MediaType(m.MediaType); {
	case t.IsIndex():
		return r.inspectIndex(ctx, ref, m, login)
	case t == types.OCIManifestSchema1, t == types.DockerManifestSchema2:
		return outcome{reason: Pullable, digest: m.Digest}
	case !m.Own:
		// A manifest comes with its digest, and a registry says what it is. Whatever
		// else answers with a 200 is somebody in its place.
		o := unavailable(ref, fmt.Sprintf("it serves a page of type %s", words.Quote(r.scrub(m.MediaType, ref, login), maxQuoted)))
		o.page = true
		return o
	case t == "":
		return outcome{reason: UnsupportedManifest, says: "the registry serves it without a Content-Type, and a node does not guess"} // C60
	case strings.HasPrefix(string(t), "text/"):
		// A node fails, now (C60). But it is a page that somebody else serves in the
		// registry's place: for sign-in, or while it is down for maintenance.
		o := unavailable(ref, fmt.Sprintf("it serves a page of type %s", words.Quote(r.scrub(m.MediaType, ref, login), maxQuoted)))
		o.page = true
		return o
	case t == types.DockerManifestSchema1Signed:
		return outcome{reason: UnsupportedManifest, says: "it is a schema 1 image, which nodes no longer support: push it anew"} // C81
	default:
		return outcome{reason: UnsupportedManifest, says: fmt.Sprintf("its media type %s is none that a node can use: push an image in its place", words.Quote(r.scrub(m.MediaType, ref, login), maxQuoted))}
	}
}

// indexTTL is for good: what a digest stands for cannot change.
const indexTTL = 365 * 24 * time.Hour

// inspectIndex fetches an index unless it is known.
func (r *Resolver) inspectIndex(ctx context.Context, ref reference.Reference, m registry.Manifest, login registry.Login) outcome {
	index, known := r.indexes.Get(m.Digest)
	if !known {
		var err error
		if index, err = r.client.Index(ctx, ref, m, login); err != nil {
			o := classify(ref, err)
			if o.reason == ImageNotFound {
				o.reason, o.says = UnsupportedManifest, "the registry announces an index that it does not serve" // C86
			}
			return o
		}
		r.indexes.Set(m.Digest, index, indexTTL)
	}
	return outcome{reason: Pullable, digest: m.Digest, index: index}
}

// suit holds an index against the platforms of the nodes that the Pod can land
// on. Where these are not known, or there are none yet, it says nothing.
func suit(o outcome, pod Pod) Verdict {
	v := Verdict{Reason: Pullable, Digest: o.digest, Message: o.says, Detail: o.detail}
	if o.index == nil {
		return v
	}
	nodes := pod.platforms()
	if len(nodes) == 0 {
		return v
	}
	var unsuited, doubtful []ocispec.Platform
	for _, n := range nodes {
		switch {
		case o.index.Suits(matcher(n)):
		case o.index.Suits(lenientMatcher(n)):
			doubtful = append(doubtful, n)
		default:
			unsuited = append(unsuited, n)
		}
	}
	has := "it has none for any platform"
	if list := o.index.Platforms(); len(list) > 0 {
		has = "it is for " + platformWords(list)
	}
	switch {
	case len(unsuited) == len(nodes) && o.doubt != nil:
		return Verdict{Reason: o.doubt.reason, Message: o.doubt.says, Detail: o.doubt.detail}
	case len(unsuited) == len(nodes):
		v.Reason = PlatformMismatch
		v.Message = fmt.Sprintf("no manifest for the platform of the nodes, %s: %s; push one for it too, or choose other nodes", platformWords(nodes), has)
	case len(unsuited)+len(doubtful) > 0:
		v.Message = also(v.Message, fmt.Sprintf("not every node that the Pod can land on can pull it, not %s: %s", platformWords(append(unsuited, doubtful...)), has))
	}
	return v
}

func platformWords(list []ocispec.Platform) string {
	var names []string
	for _, p := range list {
		if name := platforms.Format(p); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return words.Printable(words.Cut(strings.Join(names, ", "), maxQuoted))
}
