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
	minWarnedImage = 40  // the field says which it is
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
	return sentence(f, maxDeniedImage, maxFieldsNamed, how)
}

// warning words one image that is let through, as long as it may be.
func warning(f Finding) string { return warningOf(f, maxWarnedImage, maxFieldsNamed) }

func warningOf(f Finding, maxImage, maxFields int) string {
	how := map[resolver.Class]string{
		resolver.ClassDefinite:   " cannot be pulled: ",
		resolver.ClassUnverified: " not verified: ",
		resolver.ClassPullable:   ": ",
	}[f.Class]
	return sentence(f, maxImage, maxFields, how)
}

// briefWarning is a warning that the API server passes on. Where it is too long the
// fields give way, and then the image: cause and cure stand at the end.
func briefWarning(f Finding) string {
	s := warning(f)
	if len(s) > maxWarning {
		s = warningOf(f, maxWarnedImage, 1)
	}
	if over := len(s) - maxWarning; over > 0 {
		image := len(words.Quote(f.Image, maxWarnedImage))
		s = warningOf(f, max(image-over, minWarnedImage), 1)
	}
	return words.Cut(s, maxWarning)
}

func sentence(f Finding, maxImage, maxFields int, how string) string {
	// The parts are quoted where they come from; Printable is for the one that
	// was not.
	return words.Printable(fmt.Sprintf("image %s (%s)%s%s", words.Quote(f.Image, maxImage), fieldList(f.Fields, maxFields), how, f.Message))
}

func fieldList(fields []string, most int) string {
	if len(fields) > most {
		return strings.Join(fields[:most], ", ") + fmt.Sprintf(" and %d more", len(fields)-most)
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
