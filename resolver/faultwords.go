package resolver

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/pullgate/pullgate/resolver/content"
	"github.com/pullgate/pullgate/resolver/registry"
	"github.com/pullgate/pullgate/resolver/words"
)

// faultWords says what a registry lacks of an image, and what to do about it.
func (r *Resolver) faultWords(f found, fault *content.Fault) string {
	what := map[content.Part]string{
		content.IndexPart:    "an index in it",
		content.ManifestPart: "a manifest of it",
		content.ConfigPart:   "the config of it",
		content.LayerPart:    "a layer of it",
		content.BlobPart:     "a part of it",
	}[fault.Part]
	var manifest *registry.ManifestError
	var status *registry.StatusError
	digest := words.Cut(words.Printable(fault.Digest.String()), maxQuoted)
	switch {
	case errors.As(fault.Err, &manifest):
		return manifest.What + ": push the image anew"
	case errors.As(fault.Err, &status) && isGone(status.Code()):
		said := fmt.Sprintf("the registry has lost %s, %s: push the image anew", what, digest)
		if fault.Part == content.LayerPart {
			said += "; a node that has this layer already can still pull it"
		}
		return said
	default:
		return fmt.Sprintf("the registry does not serve %s, %s: %s", what, digest, words.Cut(words.Printable(r.scrub(redact(fault.Err), f.ref, r.login(f.credential))), maxQuoted))
	}
}

// platformsWords says for which platforms an index is, by itself and by what was
// read of it.
func (f found) platformsWords(read []nodeReport) string {
	list := f.outcome.index.Platforms()
	for _, n := range read {
		for _, report := range n.variants {
			list = append(list, report.Has...)
		}
	}
	if len(list) > 0 {
		return "it is for " + platformWords(list)
	}
	return "it has none for any platform"
}

func isGone(code int) bool { return code == http.StatusNotFound || code == http.StatusGone }
