package resolver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry"
	"github.com/pullgate/pullgate/resolver/words"
)

// explainTimeout bounds the search for better words: the verdict is known by
// then, and must not be lost to a slow answer. For the same reason the search
// ends explainMargin before whoever waits for the verdict gives up. Where look-ups may
// take longer than by default, it may too.
const (
	explainTimeout = time.Second
	explainShare   = 5 // of a look-up's time, a fifth
	explainMargin  = 100 * time.Millisecond
)

// explainContext is ctx with the time there is to find better words.
func (r *Resolver) explainContext(ctx, waiting context.Context) (context.Context, context.CancelFunc) {
	budget := max(explainTimeout, r.config.Limits.LookupTimeout.Duration/explainShare)
	if deadline, ok := waiting.Deadline(); ok {
		budget = min(budget, time.Until(deadline)-explainMargin)
	}
	return context.WithTimeout(ctx, budget)
}

// explain spends a little time on learning why an image was refused: a HEAD's
// answer has no body, and many registries answer alike for a missing tag and a
// missing repository. A refusal that did not look like the registry's becomes
// definite here, if the registry confirms it.
func (r *Resolver) explain(ctx context.Context, ref reference.Reference, login registry.Login, o outcome, err error) outcome {
	var status *registry.StatusError
	if !errors.As(err, &status) || ctx.Err() != nil {
		return o
	}
	if !status.Own && !registry.PassingStatus(status.Code()) {
		return r.confirm(ctx, ref, login, o, status)
	}
	switch {
	case o.reason != ImageNotFound && o.reason != Unauthorized && o.reason != UnsupportedManifest:
		return o
	case o.reason == Unauthorized && status.Code() == http.StatusUnauthorized && login.ID != "":
		return o // another refused login, for a sentence that says the same
	}
	return r.explained(ctx, ref, login, o, r.client.Explain(ctx, ref, login))
}

// explained adds what a GET has shown to a refusal.
func (r *Resolver) explained(ctx context.Context, ref reference.Reference, login registry.Login, o outcome, err error) outcome {
	list := errorListOf(err)
	switch {
	case err == nil:
		o.says = also(o.says, "it does serve the manifest to GET, but a node asks with HEAD") // C58
	case o.reason != ImageNotFound:
		if text := errorList(list); text != "" {
			o.says = also(o.says, "the registry says "+words.Quote(r.scrub(text, ref, login), maxQuoted))
		}
	case hasCode(list, transport.NameUnknownErrorCode):
		o = repositoryNotFound(ref, o)
	default:
		o = r.explainMissing(ctx, ref, login, o)
		o.listed = o.listed || len(list) > 0
	}
	return o
}

// confirm decides about a refusal of HEAD that may not be the registry's own: by
// what GET shows, which has a body. If GET is refused in the registry's own words,
// that is its word. If GET is served, it is the registry that refuses HEAD, and so
// it will refuse a node (C58); but a page may have been gone a moment later.
func (r *Resolver) confirm(ctx context.Context, ref reference.Reference, login registry.Login, o outcome, head *registry.StatusError) outcome {
	err := r.client.Explain(ctx, ref, login)
	var get *registry.StatusError
	switch {
	case errors.As(err, &get) && get.Own:
		said := classify(ref, get)
		// Behind a page for HEAD, a node's HEAD may well be let in.
		if said.reason.Class() != ClassDefinite || head.ForPeople() && said.reason != ImageNotFound {
			return o
		}
		return r.explained(ctx, ref, login, said, get)
	case err != nil:
		return o
	case head.Page != "" && (head.At == "" || !head.ObjectStore()):
		return o
	case head.Bare && !refusesMethod(head.Code()):
		return o // a firewall's way, and no registry's that is known
	}
	var again *registry.StatusError
	if _, err = r.client.Head(ctx, ref, login); !errors.As(err, &again) || again.Code() != head.Code() {
		return o
	}
	said := claimed(ref, head)
	said.detail = o.detail
	return r.explained(ctx, ref, login, said, nil)
}

// refusesMethod reports whether registries that do not know HEAD answer it so.
func refusesMethod(code int) bool {
	switch code {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusGone, http.StatusNotImplemented:
		return true
	default:
		return false
	}
}

// claimed is what a refusal would mean, were it the registry's own.
func claimed(ref reference.Reference, e *registry.StatusError) outcome {
	if e.At != "" && e.ObjectStore() {
		return outcome{reason: UnsupportedManifest, says: fmt.Sprintf("registry %s redirects HEAD to %s, which answers %s: have the registry answer HEAD by itself, or sign the address for HEAD too",
			ref.Host, words.Quote(e.At, maxQuoted), statusWords(e.Code()))} // B17
	}
	own := *e
	own.Own = true
	return classifyStatus(ref, &own)
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

// repositoryNotFound is what a registry's error list says.
func repositoryNotFound(ref reference.Reference, o outcome) outcome {
	return outcome{reason: RepositoryNotFound, listed: true, says: fmt.Sprintf("repository %q does not exist on %s", ref.Repository, ref.Host), detail: o.detail}
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

// errorListOf is the registry's error list in a refusal.
func errorListOf(err error) []transport.Diagnostic {
	var status *registry.StatusError
	if !errors.As(err, &status) {
		return nil
	}
	return status.Err.Errors
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
