package report

import (
	"fmt"
	"strings"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/words"
)

const maxImage = 300

// sentence words an item in one line that stands alone.
func sentence(i Item) string {
	how := map[resolver.Class]string{
		resolver.ClassDefinite:   " cannot be pulled",
		resolver.ClassUnverified: " not verified",
		ClassSkipped:             " not checked",
	}[i.Class]
	s := fmt.Sprintf("image %s%s: %s", words.Quote(i.Image, maxImage), how, i.Message)
	return words.Printable(strings.TrimSuffix(s, ": "))
}

// objectPath is namespace/kind/name, "" where there is no object.
func objectPath(i Item) string {
	if i.Object == nil {
		return ""
	}
	return words.Printable(strings.Join([]string{i.Object.Namespace, i.Object.Kind, i.Object.Name}, "/"))
}
