package monitoring

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/e2e/build"
)

func root(t *testing.T) string {
	t.Helper()
	root, err := build.Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// Each alert has its page, and each page its alert.
func TestRunbooks(t *testing.T) {
	root := root(t)
	alerts, err := readAlerts(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(alerts) == 0 {
		t.Fatal("there are no alerts")
	}
	known := map[string]bool{}
	tests, err := os.ReadFile(filepath.Join(root, "deploy/alerts_test.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range alerts {
		known[a.Alert+".md"] = true
		if want := runbookURL + a.Alert + ".md"; a.Annotations["runbook_url"] != want {
			t.Errorf("%s: runbook_url %q, want %q", a.Alert, a.Annotations["runbook_url"], want)
		}
		if a.Labels["severity"] != "critical" && a.Labels["severity"] != "warning" {
			t.Errorf("%s: severity %q", a.Alert, a.Labels["severity"])
		}
		for _, what := range []string{"summary", "description"} {
			if a.Annotations[what] == "" {
				t.Errorf("%s has no %s", a.Alert, what)
			}
		}
		page, err := os.ReadFile(filepath.Join(root, runbooksDir, a.Alert+".md"))
		if err != nil {
			t.Error(err)
		}
		for _, heading := range []string{"# " + a.Alert, "## What it means", "## What users see", "## How to find the cause", "## How to mend it"} {
			if !strings.Contains("\n"+string(page), "\n"+heading+"\n") {
				t.Errorf("%s: its page has no %q", a.Alert, heading)
			}
		}
		// Both ways: what sets it off, and what does not.
		if !strings.Contains(string(tests), "{alertname: "+a.Alert+", ") || !strings.Contains(string(tests), "alertname: "+a.Alert+"\n") {
			t.Errorf("%s: deploy/alerts_test.yaml does not try it both ways", a.Alert)
		}
	}
	pages, err := os.ReadDir(filepath.Join(root, runbooksDir))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if !known[p.Name()] {
			t.Errorf("%s/%s is of no alert", runbooksDir, p.Name())
		}
	}
}

// The dashboard names no data source, so that it works in any Grafana.
func TestDashboardIsPortable(t *testing.T) {
	d, err := readDashboard(root(t))
	if err != nil {
		t.Fatal(err)
	}
	if d.SchemaVersion < 39 {
		t.Errorf("schemaVersion %d is old", d.SchemaVersion)
	}
	if len(d.Templating.List) == 0 || d.Templating.List[0].Type != "datasource" || d.Templating.List[0].Name != "datasource" {
		t.Errorf("the first variable is not the data source: %+v", d.Templating.List)
	}
	want := datasource{Type: "prometheus", UID: "${datasource}"}
	for _, p := range d.Panels {
		if p.Type == "row" {
			continue
		}
		if p.Datasource != want || len(p.Targets) == 0 {
			t.Errorf("%s: data source %+v, %d queries", p.Title, p.Datasource, len(p.Targets))
		}
		for _, target := range p.Targets {
			if target.Datasource != want {
				t.Errorf("%s: data source %+v", p.Title, target.Datasource)
			}
			if left := filled(target.Expr); strings.Contains(left, "$") {
				t.Errorf("%s: an unknown variable in %s", p.Title, left)
			}
		}
	}
}
