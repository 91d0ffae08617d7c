package webhook

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pullgate/pullgate/resolver"
)

// Sizes in bytes. The API server cuts warnings once all together pass 4,096
// characters, and drops one with a control character without a word.
const (
	maxImage       = 200
	maxDenial      = 2048
	maxWarning     = 256
	maxWarnings    = 3800
	maxAnnotation  = 4096
	maxFieldsNamed = 3
)

// denial words one denied image, to stand alone.
func denial(f finding) string {
	how := "cannot be pulled"
	if f.Reason.Class() == resolver.ClassUnverified {
		how = "cannot be verified, as this namespace requires"
	}
	return sentence(f, how+": ")
}

// warning words one image that is let through.
func warning(f finding) string {
	how := "not verified"
	if f.Reason.Class() == resolver.ClassDefinite {
		how = "cannot be pulled"
	}
	return sentence(f, how+": ")
}

func sentence(f finding, how string) string {
	return printable(fmt.Sprintf("image %s (%s) %s%s", quote(f.Image, maxImage), fieldList(f.fields), how, f.Message))
}

func fieldList(fields []string) string {
	if len(fields) > maxFieldsNamed {
		return strings.Join(fields[:maxFieldsNamed], ", ") + fmt.Sprintf(" and %d more", len(fields)-maxFieldsNamed)
	}
	return strings.Join(fields, ", ")
}

// join strings sentences together up to max bytes, with a count of the rest. At
// least the first is said, cut if need be.
func join(sentences []string, max int) string {
	var b strings.Builder
	for n, s := range sentences {
		if n == 0 {
			b.WriteString(cut(s, max))
			continue
		}
		if b.Len()+len(s) > max {
			fmt.Fprintf(&b, "; and %d more images", len(sentences)-n)
			break
		}
		b.WriteString("; ")
		b.WriteString(s)
	}
	return b.String()
}

// quote quotes user input with control characters escaped, cut to max bytes.
func quote(s string, max int) string { return strconv.Quote(cut(s, max)) }

// cut shortens a text to at most max bytes, between runes.
func cut(s string, max int) string {
	if len(s) <= max {
		return s
	}
	const ellipsis = "…"
	end := max - len(ellipsis)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}

// printable replaces what a terminal or an HTTP header would choke on. The
// parts are quoted where they come from; this is for the one that was not.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
