package config

import (
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// comments are the doc comments of struct fields, in Markdown, by package, type
// and field.
type comments map[string]string

// commented are the packages that the fields of a Configuration come from.
var commented = []string{"cmd/pullgate/config", "resolver", "resolver/content", "webhook"}

const module = "github.com/pullgate/pullgate/"

func readComments(t *testing.T) comments {
	t.Helper()
	c := comments{}
	for _, pkg := range commented {
		files, err := filepath.Glob(filepath.Join("../../..", pkg, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			c.read(module+pkg, file)
		}
	}
	return c
}

func (c comments) read(pkg string, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if s, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				for _, name := range f.Names {
					c[pkg+"."+spec.Name.Name+"."+name.Name] = markdown(f.Doc.Text())
				}
			}
		}
		return false
	})
}

func markdown(text string) string {
	var p comment.Parser
	return strings.TrimSpace(string(new(comment.Printer).Markdown(p.Parse(text))))
}

// of is the comment of a field, which may be that of a struct embedded in t.
func (c comments) of(t reflect.Type, f reflect.StructField) string {
	for _, i := range f.Index[:len(f.Index)-1] {
		t = t.Field(i).Type
	}
	return c[t.PkgPath()+"."+t.Name()+"."+f.Name]
}
