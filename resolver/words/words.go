// Package words makes foreign text fit for a one-line message that a person
// reads: image fields are written by whoever may create a Pod, and error texts
// by whoever runs a registry.
package words

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Cut shortens a text to at most limit bytes, between runes, with an ellipsis
// in place of the rest.
func Cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const ellipsis = "…"
	end := max(limit-len(ellipsis), 0)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}

// Quote quotes a text with control characters escaped, in at most limit bytes.
// Cutting comes after quoting, since an escape is longer than what it escapes.
func Quote(s string, limit int) string {
	if q := strconv.Quote(Cut(s, limit)); len(q) <= limit {
		return q
	}
	const end = `…"`
	quoted := make([]byte, 0, limit)
	quoted = append(quoted, '"')
	for rest := s; rest != ""; {
		_, width := utf8.DecodeRuneInString(rest)
		q := strconv.Quote(rest[:width])
		rest = rest[width:]
		if len(quoted)+len(q)-len(`""`)+len(end) > limit {
			break
		}
		quoted = append(quoted, q[1:len(q)-1]...)
	}
	return string(append(quoted, end...))
}

// Printable replaces by "?" what a terminal or an HTTP header would choke on.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
