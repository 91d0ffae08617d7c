package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"go.yaml.in/yaml/v4"
)

// YAML prints a configuration with every field, those that have their defaults
// included, in the order of the Go types. Parsed, it means the same.
func (c Configuration) YAML() ([]byte, error) {
	showLists(reflect.ValueOf(&c).Elem())
	data, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("print the configuration: %w", err)
	}
	// JSON is YAML; that it is in this order, and in block style, is what is left
	// to do.
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("print the configuration: %w", err)
	}
	plain(&doc)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&doc); err != nil {
		return nil, fmt.Errorf("print the configuration: %w", err)
	}
	return out.Bytes(), nil
}

// nullable is the tag of a list for which null has a meaning of its own.
const nullable = "nullable"

// showLists makes nil lists empty ones. For a reader null means the default,
// which is not always that.
func showLists(v reflect.Value) {
	for _, f := range fieldsOf(v.Type()) {
		switch field := v.FieldByIndex(f.Index); {
		case isScalar(f.Type):
		case f.Type.Kind() == reflect.Struct:
			showLists(field)
		case field.IsNil() && f.Tag.Get(nullable) == "":
			field.Set(reflect.MakeSlice(f.Type, 0, 0))
		}
	}
}

// plain takes a style away that is not needed. Strings that YAML would take for
// something else keep their quotes.
func plain(n *yaml.Node) {
	n.Style = 0
	for _, child := range n.Content {
		plain(child)
	}
}
