package webhook

import (
	"cmp"
	"context"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/words"
)

const (
	// maxLogged is how many images one line tells of.
	maxLogged = 16
	maxDetail = 1024
)

// logAnswer writes one line for a request with an image that cannot be pulled, or
// is not verified, or is worth a word; none for the others, which are most. It
// holds the detail that the user is not told, and so says at once what to mend.
// The worst image is in fields of its own, for those who count and search; what
// else there is, in "others".
func logAnswer(ctx context.Context, outcome Outcome, findings []Finding) {
	var worth []Finding
	for _, f := range findings {
		if f.Class != resolver.ClassPullable || f.Message != "" {
			worth = append(worth, f)
		}
	}
	if len(worth) == 0 {
		return
	}
	slices.SortStableFunc(worth, func(a, b Finding) int { return cmp.Compare(severity(a.Class), severity(b.Class)) })
	worst := logged(worth[0])
	values := []any{
		"outcome", outcome, "images", len(worth), "image", worst.Image, "fields", worst.Fields,
		"reason", worst.Reason, "message", worst.Message, "detail", worst.Detail,
	}
	var others []loggedImage
	for _, f := range worth[1:min(len(worth), maxLogged)] {
		others = append(others, logged(f))
	}
	if len(others) > 0 {
		values = append(values, "others", others)
	}
	message := "let through with an image that is not verified"
	switch {
	case outcome == Denied:
		message = "denied"
	case worth[0].Class == resolver.ClassDefinite:
		message = "let through with an image that cannot be pulled"
	case worth[0].Class == resolver.ClassPullable:
		message = "let through with a note"
	}
	log.FromContext(ctx).Info(message, values...)
}

// loggedImage is what a line tells of an image.
type loggedImage struct {
	Image   string          `json:"image"`
	Fields  string          `json:"fields"`
	Reason  resolver.Reason `json:"reason"`
	Message string          `json:"message"`
	Detail  string          `json:"detail,omitempty"`
}

func logged(f Finding) loggedImage {
	return loggedImage{
		Image:   words.Cut(words.Printable(f.Image), maxDeniedImage),
		Fields:  fieldList(f.Fields, maxFieldsNamed),
		Reason:  f.Reason,
		Message: words.Cut(f.Message, maxDenial),
		Detail:  words.Cut(f.Detail, maxDetail),
	}
}

// severity orders classes, the worst first.
func severity(c resolver.Class) int {
	return slices.Index([]resolver.Class{resolver.ClassDefinite, resolver.ClassUnverified, resolver.ClassPullable}, c)
}
