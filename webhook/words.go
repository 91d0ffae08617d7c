package webhook

import (
	"fmt"
	"strings"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/words"
)

// Sizes in bytes. The API server cuts warnings once all together pass 4,096
// characters, and drops one with a control character without a word.
const (
	maxDeniedImage = 300
	maxWarnedImage = 100 // leaves room for field and cause
	maxDenial      = 2048
	maxWarning     = 256
	maxWarnings    = 3800
	maxAnnotation  = 4096
	maxFieldsNamed = 3
)

// denial words one denied image, to stand alone.
func denial(f Finding) string {
	how := " cannot be pulled: "
	if f.Class == resolver.ClassUnverified {
		how = " cannot be verified, as this namespace requires: "
	}
	return sentence(f, maxDeniedImage, how)
}

// warning words one image that is let through.
func warning(f Finding) string {
	how := map[resolver.Class]string{
		resolver.ClassDefinite:   " cannot be pulled: ",
		resolver.ClassUnverified: " not verified: ",
		resolver.ClassPullable:   ": ",
	}[f.Class]
	return sentence(f, maxWarnedImage, how)
}

func sentence(f Finding, maxImage int, how string) string {
	// The parts are quoted where they come from; Printable is for the one that
	// was not.
	return words.Printable(fmt.Sprintf("image %s (%s)%s%s", words.Quote(f.Image, maxImage), fieldList(f.Fields), how, f.Message))
}

func fieldList(fields []string) string {
	if len(fields) > maxFieldsNamed {
		return strings.Join(fields[:maxFieldsNamed], ", ") + fmt.Sprintf(" and %d more", len(fields)-maxFieldsNamed)
	}
	return strings.Join(fields, ", ")
}

// join strings sentences together up to limit bytes, with a count of the rest. At
// least the first is said, cut if need be.
func join(sentences []string, limit int) string {
	var b strings.Builder
	for n, s := range sentences {
		if n == 0 {
			b.WriteString(words.Cut(s, limit))
			continue
		}
		if b.Len()+len(s) > limit {
			fmt.Fprintf(&b, "; and %d more images", len(sentences)-n)
			break
		}
		b.WriteString("; ")
		b.WriteString(s)
	}
	return b.String()
}
