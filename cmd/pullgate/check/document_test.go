package check

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/pullgate/pullgate/webhook"
)

func TestSplit(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want []string // lines before: content
	}{
		"empty":             {"", []string{"0:"}},
		"one":               {"a: 1\n", []string{"0:a: 1\n"}},
		"no last line feed": {"a: 1\n---\nb: 2", []string{"0:a: 1\n", "1:---\nb: 2"}},
		"separator first":   {"---\na: 1\n---\nb: 2\n", []string{"0:---\na: 1\n", "2:---\nb: 2\n"}},
		"comment first":     {"# who\n---\na: 1\n", []string{"0:# who\n---\na: 1\n"}},
		"directive":         {"%YAML 1.2\n---\na: 1\n", []string{"0:%YAML 1.2\n---\na: 1\n"}},
		"CRLF":              {"a: 1\r\n---\r\nb: 2\r\n", []string{"0:a: 1\r\n", "1:---\r\nb: 2\r\n"}},
		"comment behind":    {"a: 1\n--- # next\nb: 2\n", []string{"0:a: 1\n", "1:--- # next\nb: 2\n"}},
		"no separator":      {"a: |\n  ---\n  ----\n----: 1\n", []string{"0:a: |\n  ---\n  ----\n----: 1\n"}},
		"byte order mark":   {"\xef\xbb\xbfa: 1\n", []string{"0:a: 1\n"}},
		"JSON":              {"{\"a\":\n1}\n{\"b\": 2}\n", []string{"0:{\"a\":\n1}", "1:\n{\"b\": 2}"}},
		"YAML in braces":    {"{a: 1}\n---\n{b: 2}\n", []string{"0:{a: 1}\n", "1:---\n{b: 2}\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, d := range split("f", []byte(tc.in)) {
				got = append(got, fmt.Sprintf("%d:%s", d.before, d.data))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// read reads a manifest as a file would be.
func read(t *testing.T, content string) *manifests {
	t.Helper()
	m := newManifests(webhook.DefaultConfig(), "team", labels.Everything(), func(w string) { t.Log("warning: ", w) })
	for _, d := range split("f.yaml", []byte(content)) {
		m.addDocument(d)
	}
	return m
}

const good = "apiVersion: v1\nkind: Pod\nmetadata: {name: good}\nspec: {containers: [{name: c, image: r.io/a:v1}]}\n"

// Whatever is wrong with a document, its line is told, and the others are read.
func TestBrokenDocuments(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		line int
		want string
	}{
		"syntax":           {"a: [\n", 6, "broken YAML: did not find expected node content"},
		"second line":      {"a: 1\n b: 2\n", 7, "broken YAML: mapping values are not allowed"},
		"tab":              {"a:\n\tb: 1\n", 7, "broken YAML: found character that cannot start any token"},
		"template":         {"{{- if .Values.x }}\na: 1\n", 6, "broken YAML"},
		"value template":   {"a: 1\nb: {{ .Values.x }}\n", 7, "was a template not rendered?"},
		"indentation":      {"a:\n  b: 1\n c: 2\n", 8, "did not find expected key"},
		"no object":        {"foo: bar\n", 6, "it has no apiVersion and kind"},
		"no kind":          {"\n\napiVersion: v1\n", 8, "it has no kind"},
		"no apiVersion":    {"kind: Pod\n", 6, "it has no apiVersion"},
		"a list":           {"- a\n- b\n", 6, "it is no mapping"},
		"a text":           {"hello\n", 6, "it is no mapping"},
		"kind is a list":   {"apiVersion: v1\nkind: [Pod]\n", 6, "is no Kubernetes object"},
		"containers":       {"apiVersion: v1\nkind: Pod\nspec: {containers: none}\n", 6, "Pod cannot be read: "},
		"in a List":        {"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service}\n- foo: 1\n", 10, "it has no apiVersion and kind"},
		"Secret":           {"apiVersion: v1\nkind: Secret\ndata: {a: '%%geheim'}\n", 6, "Secret cannot be read: a value in it is not of the right type, or not base64"},
		"alias to nothing": {"a: *b\n", 6, "broken YAML: unknown anchor"},
	} {
		t.Run(name, func(t *testing.T) {
			m := read(t, good+"---\n"+tc.in+"---\n"+good)
			if len(m.targets) != 2 {
				t.Errorf("%d targets, want the 2 of the other documents", len(m.targets))
			}
			if len(m.errs) != 1 {
				t.Fatalf("errors %+v, want one", m.errs)
			}
			e := m.errs[0]
			if e.File != "f.yaml" || e.Line != tc.line || !strings.Contains(e.Message, tc.want) {
				t.Errorf("%v, want line %d and %q", e, tc.line, tc.want)
			}
			if strings.Contains(e.Message, "geheim") {
				t.Errorf("a Secret's content in %q", e.Message)
			}
		})
	}
}

func TestNothingInADocument(t *testing.T) {
	for _, in := range []string{"", "---\n", "# only this\n", "---\n---\n", "null\n", "~\n", "...\n"} {
		if m := read(t, good+"---\n"+in+"---\n"+good); len(m.errs) > 0 || len(m.targets) != 2 {
			t.Errorf("%q: %v, %d targets", in, m.errs, len(m.targets))
		}
	}
}
