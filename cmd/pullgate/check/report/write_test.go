package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pullgate/pullgate/resolver"
)

// sample has an item of each class, hostile words, and all kinds of sources.
func sample() Report {
	pod := func(name string) *Object { return &Object{"v1", "Pod", "shop", name} }
	deployment := &Object{"apps/v1", "Deployment", "default", "web"}
	template := func(n string, line int) []Field {
		return []Field{{"spec.template.spec.containers[" + n + "].image", line}}
	}
	refused := func(name string) Item {
		return Item{
			Object: pod(name), Fields: []Field{{Path: "spec.containers[0].image"}}, Image: "r.example.com/gone:v1",
			Class: resolver.ClassDefinite, Reason: resolver.ImageNotFound, Message: `tag "v1" does not exist`,
		}
	}
	return New([]Item{
		{
			Source: &Source{"deploy.yaml", 3}, Object: deployment, Fields: template("0", 12), Image: "r.example.com/good:v1",
			Class: resolver.ClassPullable, Reason: resolver.Pullable, Digest: "sha256:0123",
		},
		{
			Source: &Source{"deploy.yaml", 3}, Object: deployment, Fields: append(template("1", 14), template("2", 16)...), Image: "r.example.com/typo:v1",
			Class: resolver.ClassDefinite, Reason: resolver.ImageNotFound, Message: `tag "v1" does not exist; did you mean "v1.0"?`,
		},
		{
			Source: &Source{"sub dir/pod.yaml", 1}, Object: &Object{"v1", "Pod", "default", "p\x1b[31m"}, Fields: []Field{{"spec.containers[0].image", 7}},
			Image: "bad\n\x1b[31mimage", Class: resolver.ClassDefinite, Reason: resolver.InvalidImageName, Message: "it holds a control character",
		},
		{
			Source: &Source{File: Stdin, Line: 1}, Object: deployment, Fields: template("0", 9), Image: "down.example.com/app:v1",
			Class: resolver.ClassUnverified, Reason: resolver.Unreachable, Message: "registry down.example.com cannot be reached", Detail: "connection refused",
		},
		{
			Source: &Source{"deploy.yaml", 3}, Object: deployment, Fields: template("3", 18), Image: "auto",
			Class: ClassSkipped, Reason: Placeholder, Message: "something else replaces it before a Pod runs",
		},
		{
			Object: pod("cached"), Fields: []Field{{Path: "spec.containers[0].image"}}, Image: "r.example.com/old:v1",
			Class: resolver.ClassPullable, Reason: resolver.PresentOnNode, Message: `only nodes that have it already can start it: tag "v1" does not exist`,
		},
		{Image: "r.example.com/asked:v1", Class: resolver.ClassPullable, Reason: resolver.Pullable},
		refused("web-1"), refused("web-2"), refused("web-3"),
	}, []InputError{
		{File: "broken.yaml", Line: 4, Message: "broken YAML: did not find expected node content"},
		{Message: "list Pods: no"},
	}, 2)
}

// UPDATE_GOLDEN=1 go test ./cmd/pullgate/check/report writes the files anew.
func TestGolden(t *testing.T) {
	for file, o := range map[string]Options{
		"table.txt":        {},
		"table-all.txt":    {All: true},
		"table-color.txt":  {Color: true},
		"report.json":      {Format: "json"},
		"report.yaml":      {Format: "yaml"},
		"report.sarif":     {Format: "sarif", Version: "v1.2.3"},
		"junit.xml":        {Format: "junit"},
		"junit-strict.xml": {Format: "junit", Strict: true},
	} {
		t.Run(file, func(t *testing.T) {
			var got bytes.Buffer
			if err := Write(&got, sample(), o); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", file)
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !o.Color && strings.ContainsAny(got.String(), "\x1b\x00") {
				t.Error("there is a control character in it")
			}
		})
	}
}

// What there is nothing to say about must still be a whole document.
func TestEmptyReport(t *testing.T) {
	for _, format := range append(Formats(), "") {
		var out bytes.Buffer
		if err := Write(&out, New(nil, nil, 0), Options{Format: format}); err != nil || out.Len() == 0 {
			t.Errorf("%q: %v, %q", format, err, out.String())
		}
		if strings.Contains(out.String(), "null") {
			t.Errorf("%q: null in %s", format, out.String())
		}
	}
}

func TestMachinesCanReadIt(t *testing.T) {
	var asJSON, asXML bytes.Buffer
	if err := Write(&asJSON, sample(), Options{Format: "json"}); err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(asJSON.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), r); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
	if err := Write(&asXML, sample(), Options{Format: "junit"}); err != nil {
		t.Fatal(err)
	}
	var suites junitSuites
	if err := xml.Unmarshal(asXML.Bytes(), &suites); err != nil {
		t.Fatal(err)
	}
	if s := suites.Suites[0]; s.Tests != len(s.Cases) || s.Failures != 6 || s.Errors != 2 || s.Skipped != 2 {
		t.Errorf("JUnit counts %+v", s)
	}
}

func TestFileURI(t *testing.T) {
	for file, want := range map[string]string{
		"deploy.yaml":                   "deploy.yaml",
		"./a/b.yaml":                    "a/b.yaml",
		"sub dir/ä#.yaml":               "sub%20dir/%C3%A4%23.yaml",
		"/src/a.yaml":                   "file:///src/a.yaml",
		"https://u:p@example.com/a.yml": "https://u:xxxxx@example.com/a.yml",
	} {
		if got := fileURI(file); got != want {
			t.Errorf("fileURI(%q) = %q, want %q", file, got, want)
		}
	}
}

func TestValidateFormat(t *testing.T) {
	for _, format := range append(Formats(), "") {
		if err := ValidateFormat(format); err != nil {
			t.Error(err)
		}
	}
	if err := ValidateFormat("xml"); err == nil {
		t.Error("xml is a format")
	}
}

// What GitHub needs of SARIF; that the golden file is valid by the schema of
// SARIF 2.1.0 was found with a validator.
func TestSARIF(t *testing.T) {
	log := newSARIF(sample(), "v1.2.3")
	rules := map[string]bool{}
	for _, r := range log.Runs[0].Tool.Driver.Rules {
		if rules[r.ID] || r.ShortDescription.Text == "" {
			t.Errorf("rule %+v", r)
		}
		rules[r.ID] = true
	}
	prints := map[string]bool{}
	for _, r := range log.Runs[0].Results {
		if !rules[r.RuleID] || r.Message.Text == "" || len(r.Locations) != 1 {
			t.Errorf("%+v", r)
		}
		if p := r.Locations[0].Physical; p != nil && (p.Region == nil || p.Region.StartLine < 1) {
			t.Errorf("no line: %+v", r)
		}
		prints[r.PartialFingerprints["pullgate/v1"]] = true
	}
	if len(prints) != len(log.Runs[0].Results) {
		t.Errorf("%d fingerprints for %d results", len(prints), len(log.Runs[0].Results))
	}
	if newSARIF(sample(), "(devel)").Runs[0].Tool.Driver.SemanticVersion != "" {
		t.Error("a build without a version has one")
	}
}
