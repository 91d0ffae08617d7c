package resolver

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/words"
)

// also joins two sentences, of which either may be empty.
func also(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + "; " + second
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

// pageWords says that something else has answered in the place of who was asked.
func pageWords(who string, code int, page string) string {
	what := "without a registry's error list"
	if page != "" {
		what = "with a page of " + words.Quote(page, maxQuoted)
	}
	return fmt.Sprintf("%s answers %s %s: something in front of it refuses pullgate", who, statusWords(code), what)
}

// maxQuoted bounds foreign text in a message, in bytes.
const maxQuoted = 120
