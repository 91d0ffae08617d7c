package differential

import (
	"encoding/json"
	"fmt"
	"strings"
)

// object is a JSON object whose fields are in an order, and may be there twice.
type object []field

type field struct {
	name  string
	value any // object, []any, or the text of a scalar
}

// scalar is the text of a value, as it stands in the document.
type scalar string

// quoted is a JSON string.
func quoted(s string) scalar {
	text, err := json.Marshal(s)
	if err != nil {
		return scalar(fmt.Sprintf("%q", err.Error()))
	}
	return scalar(text)
}

func quotedAll(list ...string) []any {
	all := []any{}
	for _, s := range list {
		all = append(all, quoted(s))
	}
	return all
}

// asJSON writes a value in one line.
func asJSON(value any) string {
	var parts []string
	switch v := value.(type) {
	case object:
		for _, f := range v {
			parts = append(parts, string(quoted(f.name))+":"+asJSON(f.value))
		}
		return "{" + strings.Join(parts, ",") + "}"
	case []any:
		for _, element := range v {
			parts = append(parts, asJSON(element))
		}
		return "[" + strings.Join(parts, ",") + "]"
	default:
		return fmt.Sprint(v)
	}
}

// asYAML writes a value in block style, each line with an indent.
func asYAML(value any, indent string) string {
	var b strings.Builder
	switch v := value.(type) {
	case object:
		for _, f := range v {
			if nested := asYAML(f.value, indent+"  "); nested != "" {
				fmt.Fprintf(&b, "%s%s:\n%s", indent, f.name, nested)
			} else {
				fmt.Fprintf(&b, "%s%s: %s\n", indent, f.name, asJSON(f.value))
			}
		}
	case []any:
		for _, element := range v {
			if nested := asYAML(element, indent+"  "); nested != "" {
				fmt.Fprintf(&b, "%s- %s", indent, strings.TrimPrefix(nested, indent+"  "))
			} else {
				fmt.Fprintf(&b, "%s- %s\n", indent, asJSON(element))
			}
		}
	}
	return b.String()
}

// damaged is a text with one byte out of its place, now and then.
func (g generator) damaged(text string) string {
	if g.IntN(12) > 0 || text == "" {
		return text
	}
	at := g.IntN(len(text))
	return text[:at] + g.pick("", " ", "\n", "\t", `"`, "{", "}", ",", ":", "-", "#", "\ufeff", "\x00", "\xff", "é", text[at:]) + text[at+g.IntN(2):]
}
