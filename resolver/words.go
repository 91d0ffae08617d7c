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
// then, and must not be lost to a slow answer.
const explainTimeout = time.Second

// explain spends a little time on learning why an image was refused: a HEAD's
// answer has no body, and many registries answer alike for a missing tag and a
// missing repository.
func (r *Resolver) explain(ctx context.Context, ref reference.Reference, login registry.Login, o outcome) outcome {
	switch o.reason {
	case ImageNotFound, Unauthorized, UnsupportedManifest:
	default:
		return o
	}
	ctx, cancel := context.WithTimeout(ctx, explainTimeout)
	defer cancel()
	list, served := r.client.Explain(ctx, ref, login)
	if served {
		o.says = also(o.says, "it does serve the manifest to GET, but a node asks with HEAD") // C58
		return o
	}
	if o.reason == ImageNotFound {
		if hasCode(list, transport.NameUnknownErrorCode) || r.repositoryMissing(ctx, ref, login) {
			return outcome{reason: RepositoryNotFound, says: fmt.Sprintf("repository %q does not exist on %s", ref.Repository, ref.Host), detail: o.detail}
		}
		return o
	}
	if text := errorList(list); text != "" {
		o.says = also(o.says, "the registry says "+text)
	}
	return o
}

// also joins two sentences, of which either may be empty.
func also(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + "; " + second
}

// repositoryMissing asks for the tags of a repository, because registries that
// do not know the one mostly do not say so for a manifest.
func (r *Resolver) repositoryMissing(ctx context.Context, ref reference.Reference, login registry.Login) bool {
	_, err := r.client.Tags(ctx, ref, login)
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

// errorList quotes the first entry of a registry's error list.
func errorList(list []transport.Diagnostic) string {
	if len(list) == 0 {
		return ""
	}
	text := string(list[0].Code)
	if m := list[0].Message; m != "" {
		text += ": " + m
	}
	return words.Quote(text, maxQuoted)
}

// notFoundWords names the part of a reference that does not exist.
func notFoundWords(ref reference.Reference) string {
	switch {
	case ref.Digest != "":
		return fmt.Sprintf("digest %q does not exist in the repository", ref.Digest)
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
