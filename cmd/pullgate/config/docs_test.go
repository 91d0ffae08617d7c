package config

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/cmd/pullgate/reload"
	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/content"
	"github.com/pullgate/pullgate/resolver/proof"
	"github.com/pullgate/pullgate/resolver/provider"
	"github.com/pullgate/pullgate/webhook"
)

const (
	page         = "../../../docs/configuration.md"
	pageTemplate = "testdata/configuration.md.tmpl"
)

// TestDocs keeps the reference page as the Go types have it. `make docs` writes
// it anew.
func TestDocs(t *testing.T) {
	got := renderDocs(t)
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(page, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("docs/configuration.md is not what is generated, run `make docs` (-is +must be):\n%s", diff)
	}
}

func renderDocs(t *testing.T) []byte {
	t.Helper()
	example, err := Default().YAML()
	if err != nil {
		t.Fatal(err)
	}
	d := docs{comments: readComments(t)}
	defaults := Default()
	d.describe(t, reflect.ValueOf(&defaults).Elem(), "", 3)
	tmpl, err := template.ParseFiles(pageTemplate)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = tmpl.Execute(&out, map[string]any{
		"Example":    strings.TrimSpace(string(example)),
		"Fields":     d.fields,
		"Definite":   reasonList(resolver.ClassDefinite),
		"Unverified": reasonList(resolver.ClassUnverified),
		"MaxKiB":     maxSize >> 10,
		"PollEvery":  reload.PollEvery,
		"HashLength": hashLength,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func reasonList(c resolver.Class) string {
	var list []string
	for _, r := range resolver.Reasons(c) {
		list = append(list, "`"+string(r)+"`")
	}
	return strings.Join(list, ", ")
}

// docField is a field as the page has it.
type docField struct {
	Heading string // as many # as it is deep
	Path    string
	Type    string
	Default string // as YAML; "" of a struct
	Comment string
	// Required is set where a file must say what the default is.
	Required bool
}

type docs struct {
	comments comments
	fields   []docField
}

// describe lists the fields of a struct, and of those in it.
func (d *docs) describe(t *testing.T, v reflect.Value, path string, depth int) {
	t.Helper()
	fields := fieldsOf(v.Type())
	for _, f := range fields {
		value := v.FieldByIndex(f.Index)
		at := strings.TrimPrefix(path+"."+fieldName(f), ".")
		comment := d.comments.of(v.Type(), f)
		if comment == "" {
			t.Errorf("%s has no doc comment", at)
		}
		df := docField{
			Heading: strings.Repeat("#", depth), Path: at, Comment: inFileTerms(comment, fields),
			Required: at == "apiVersion" || at == "kind",
		}
		if isScalar(f.Type) || f.Type.Kind() == reflect.Slice {
			df.Type, df.Default = docType(t, f.Type), docDefault(t, value, f.Tag.Get(nullable) != "")
		}
		d.fields = append(d.fields, df)
		if df.Type == "" {
			d.describe(t, value, at, depth+1)
		}
	}
}

// inFileTerms writes the fields that a comment names as a file does.
func inFileTerms(comment string, fields []reflect.StructField) string {
	for _, f := range fields {
		goName := regexp.MustCompile(`\b` + f.Name + `\b`)
		comment = goName.ReplaceAllString(comment, "`"+fieldName(f)+"`")
	}
	return comment
}

func docType(t *testing.T, typ reflect.Type) string {
	t.Helper()
	switch typ {
	case reflect.TypeFor[metav1.Duration]():
		return "duration"
	case reflect.TypeFor[webhook.Level]():
		return "`off`, `definite` or `strict`"
	case reflect.TypeFor[content.Mode]():
		return "`off`, `background` or `wait`"
	case reflect.TypeFor[proof.Identity]():
		return "`own` or `node`"
	case reflect.TypeFor[provider.TokenMode]():
		return "`none`, `own` or `pod`"
	case reflect.TypeFor[[]resolver.Reason]():
		return "list of reasons"
	case reflect.TypeFor[[]string]():
		return "list of strings"
	case reflect.TypeFor[int]():
		return "integer"
	case reflect.TypeFor[bool]():
		return "`true` or `false`"
	case reflect.TypeFor[string]():
		return "string"
	}
	t.Fatalf("the page has no words for the type %s", typ)
	return ""
}

func docDefault(t *testing.T, v reflect.Value, nullable bool) string {
	t.Helper()
	if v.Kind() == reflect.Slice && v.Len() == 0 {
		if nullable {
			return "null"
		}
		return "[]"
	}
	data, err := json.Marshal(v.Interface())
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if unquoted := strings.Trim(text, `"`); unquoted != "" && v.Kind() != reflect.Slice {
		return unquoted
	}
	return strings.ReplaceAll(text, `","`, `", "`)
}
