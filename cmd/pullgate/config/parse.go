package config

import (
	"reflect"
	"slices"

	"go.yaml.in/yaml/v4"
)

// Parse reads the content of a file over the defaults. What is left out, or set
// to null, keeps its default; a list that is given takes the place of the default
// one. If anything is wrong, the error is an Errors with all of it.
func Parse(file string, data []byte) (Configuration, error) {
	p := &problems{file: file, at: map[string]bool{}}
	c := Default()
	c.Hash = hash(data)
	parse(p, &c, data)
	if err := p.err(); err != nil {
		return Configuration{}, err
	}
	return c, nil
}

func parse(p *problems, c *Configuration, data []byte) {
	if len(data) > maxSize {
		p.add(0, "", "is larger than %d KiB", maxSize>>10)
		return
	}
	root := document(p, data)
	if root == nil {
		return
	}
	if root.Kind != yaml.MappingNode {
		p.add(root.Line, "", "must be a mapping of fields, not %s", describe(root))
		return
	}
	c.APIVersion, c.Kind = "", ""
	d := decoder{problems: p, lines: map[string]int{}}
	d.value(root, reflect.ValueOf(c).Elem(), "")
	if !d.identified(c) {
		return
	}
	for _, err := range slices.Concat(c.WebhookConfig.Validate(), c.ResolverConfig.Validate()) {
		// What could not be decoded has no value that could be valid.
		if !p.at[err.Field] {
			p.add(d.lines[err.Field], err.Field, "%s", err.ErrorBody())
		}
	}
}

// identified checks what the file calls itself. Where that is something else,
// nothing but that is reported: the rest was written by other rules.
func (d *decoder) identified(c *Configuration) bool {
	found := d.errs
	d.errs = nil
	for _, f := range []struct{ name, is, want string }{
		{"apiVersion", c.APIVersion, APIVersion},
		{"kind", c.Kind, Kind},
	} {
		line, given := d.lines[f.name]
		switch {
		case !given:
			found = append(found, Error{File: d.file, Field: f.name, Message: "is missing; it must be " + f.want})
		case f.is != f.want:
			d.add(line, f.name, "must be %s, not %q", f.want, f.is)
		}
	}
	if len(d.errs) > 0 {
		return false
	}
	d.errs = found
	return true
}
