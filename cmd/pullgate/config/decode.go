package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v4"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/resolver/words"
)

// decoder sets Go values from YAML nodes by their json tags. It finds the place
// of each value, and reports those that have none; the values themselves are
// decoded by encoding/json. The decoders of the libraries will not do: each stops
// at the first bad value, or cannot say where in the file and of which field.
type decoder struct {
	*problems
	// lines has the line of each field and list item that was given, by path.
	lines map[string]int
}

// value sets one value. Null leaves it as it is.
func (d *decoder) value(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case isNull(n):
	case isScalar(v.Type()):
		d.scalar(n, v, path)
	case v.Kind() == reflect.Struct && n.Kind == yaml.MappingNode:
		d.mapping(n, v, path)
	case v.Kind() == reflect.Slice && n.Kind == yaml.SequenceNode:
		d.list(n, v, path)
	default:
		d.add(n.Line, path, "must be %s, not %s", typeWords(v.Type()), describe(n))
	}
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	fields := fieldsOf(v.Type())
	given := map[string]int{}
	for pair := range slices.Chunk(n.Content, 2) {
		key, value := pair[0], pair[1]
		if key.Kind != yaml.ScalarNode {
			d.add(key.Line, path, "%s is not the name of a field", describe(key))
			continue
		}
		at := strings.TrimPrefix(path+"."+key.Value, ".")
		if first, twice := given[key.Value]; twice {
			d.add(key.Line, at, "is given twice, first on line %d", first)
			continue
		}
		given[key.Value] = key.Line
		if f, ok := find(fields, key.Value); ok {
			d.lines[at] = key.Line
			d.value(value, v.FieldByIndex(f.Index), at)
		} else {
			d.add(key.Line, at, "unknown field%s", didYouMean(key.Value, fields))
		}
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string) {
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.lines[at] = item.Line
		d.value(item, v.Index(i), at)
	}
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	data, err := scalarJSON(n)
	if err == nil {
		err = json.Unmarshal(data, v.Addr().Interface())
	}
	if err != nil {
		d.add(n.Line, path, "must be %s, not %s", typeWords(v.Type()), describe(n))
	}
}

// scalarJSON turns a YAML scalar into a JSON one.
func scalarJSON(n *yaml.Node) ([]byte, error) {
	if n.Kind != yaml.ScalarNode {
		return nil, fmt.Errorf("line %d is no scalar", n.Line)
	}
	if tag := n.ShortTag(); tag == "!!str" || tag == "!!timestamp" { // JSON has no dates
		return json.Marshal(n.Value)
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// isScalar reports whether values of a type are decoded as a whole.
func isScalar(t reflect.Type) bool {
	return t.Kind() != reflect.Struct && t.Kind() != reflect.Slice || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]())
}

// fieldsOf lists the fields of a struct type that a file can set, those of
// embedded structs among them.
func fieldsOf(t reflect.Type) []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool {
		return f.Anonymous || fieldName(f) == "-"
	})
}

// fieldName is what a file calls a field.
func fieldName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func find(fields []reflect.StructField, name string) (reflect.StructField, bool) {
	for _, f := range fields {
		if fieldName(f) == name {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// didYouMean suggests the field that was probably meant, if one is near: one
// character in three may be wrong.
func didYouMean(name string, fields []reflect.StructField) string {
	best, distance := "", len(name)/3
	if len(name) > maxRepeated {
		return ""
	}
	for _, f := range fields {
		n := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(fieldName(f)))
		if n < distance || n == distance && best == "" {
			best, distance = fieldName(f), n
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// typeWords is what the values of a type are called in a message.
func typeWords(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[metav1.Duration]():
		return "a duration such as 90s, 5m or 24h"
	case t.Kind() == reflect.String:
		return "a string"
	case t.Kind() == reflect.Int:
		return "an integer"
	case t.Kind() == reflect.Slice:
		return "a list"
	case t.Kind() == reflect.Struct:
		return "a mapping of fields"
	default:
		return "a " + t.String()
	}
}

// describe says what a node is.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return "an alias"
	case isNull(n):
		return "null"
	case n.ShortTag() == "!!str":
		return words.Quote(n.Value, maxRepeated)
	default:
		return words.Cut(n.Value, maxRepeated)
	}
}
