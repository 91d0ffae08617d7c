package resolver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry"
	"github.com/pullgate/pullgate/resolver/words"
)

// explainTimeout bounds the search for better words: the verdict is known by
// then, and must not be lost to a slow answer. For the same reason the search
// ends explainMargin before whoever waits for the verdict gives up.
const (
	explainTimeout = time.Second
	explainMargin  = 100 * time.Millisecond
)

// explainContext is ctx with the time there is to find better words.
func explainContext(ctx, waiting context.Context) (context.Context, context.CancelFunc) {
	budget := explainTimeout
	if deadline, ok := waiting.Deadline(); ok {
		budget = min(budget, time.Until(deadline)-explainMargin)
	}
	return context.WithTimeout(ctx, budget)
}

// explain spends a little time on learning why an image was refused: a HEAD's
// answer has no body, and many registries answer alike for a missing tag and a
// missing repository.
func (r *Resolver) explain(ctx context.Context, ref reference.Reference, login registry.Login, o outcome) outcome {
	switch o.reason {
	case ImageNotFound, Unauthorized, UnsupportedManifest:
	default:
		return o
	}
	if ctx.Err() != nil {
		return o
	}
	list, served := r.client.Explain(ctx, ref, login)
	switch {
	case served:
		o.says = also(o.says, "it does serve the manifest to GET, but a node asks with HEAD") // C58
	case o.reason != ImageNotFound:
		if text := errorList(list); text != "" {
			o.says = also(o.says, "the registry says "+words.Quote(r.scrub(text, ref, login), maxQuoted))
		}
	case hasCode(list, transport.NameUnknownErrorCode):
		return repositoryNotFound(ref, o)
	default:
		return r.explainMissing(ctx, ref, login, o)
	}
	return o
}

// explainMissing asks for the tags of a repository: for the one that was meant,
// and because registries that do not know the repository mostly do not say so
// for a manifest.
func (r *Resolver) explainMissing(ctx context.Context, ref reference.Reference, login registry.Login, o outcome) outcome {
	tags, err := r.tags(ctx, ref, login)
	if repositoryMissing(err) {
		return repositoryNotFound(ref, o)
	}
	if ref.Tag == "" {
		return o
	}
	o.near = nearestTag(ref.Tag, tags)
	return o
}

func repositoryNotFound(ref reference.Reference, o outcome) outcome {
	return outcome{reason: RepositoryNotFound, says: fmt.Sprintf("repository %q does not exist on %s", ref.Repository, ref.Host), detail: o.detail}
}

// also joins two sentences, of which either may be empty.
func also(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + "; " + second
}

// repositoryMissing reports whether an answer to a request for tags says that
// there is no such repository.
func repositoryMissing(err error) bool {
	var status *transport.Error
	return errors.As(err, &status) && status.StatusCode == http.StatusNotFound && hasCode(status.Errors, transport.NameUnknownErrorCode)
}

func hasCode(list []transport.Diagnostic, code transport.ErrorCode) bool {
	for _, d := range list {
		if d.Code == code {
			return true
		}
	}
	return false
}

// errorList is the first entry of a registry's error list.
func errorList(list []transport.Diagnostic) string {
	if len(list) == 0 {
		return ""
	}
	text := string(list[0].Code)
	if m := list[0].Message; m != "" {
		text += ": " + m
	}
	return text
}

// notFoundWords names the part of a reference that does not exist.
func notFoundWords(ref reference.Reference) string {
	switch {
	case ref.Digest != "":
		return "its digest does not exist in the repository" // the image's name ends in it
	case ref.TagImplied:
		return `tag "latest" does not exist, and the image names no other`
	default:
		return fmt.Sprintf("tag %q does not exist", ref.Tag)
	}
}

const internalErrorWords = "pullgate failed internally, see its log"

// statusWords is, say, `404 Not Found`.
func statusWords(code int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))
}

// maxQuoted bounds foreign text in a message, in bytes.
const maxQuoted = 120
