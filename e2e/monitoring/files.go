package monitoring

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// Where things are, from the repository's root.
const (
	alertsFile    = "deploy/chart/pullgate/files/alerts.yaml"
	dashboardFile = "deploy/chart/pullgate/files/dashboard.json"
	runbooksDir   = "docs/runbooks"
	referenceFile = "docs/metrics.md"
	runbookURL    = "https://github.com/pullgate/pullgate/blob/main/" + runbooksDir + "/"
)

// alert is one rule of the alerts.
type alert struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

func readAlerts(root string) (alerts []alert, err error) {
	content, err := os.ReadFile(filepath.Join(root, alertsFile))
	if err != nil {
		return nil, fmt.Errorf("read the alerts: %w", err)
	}
	var file struct {
		Groups []struct {
			Rules []alert `json:"rules"`
		} `json:"groups"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		return nil, fmt.Errorf("read the alerts: %w", err)
	}
	for _, g := range file.Groups {
		alerts = append(alerts, g.Rules...)
	}
	return alerts, nil
}

// dashboard is what is read of the dashboard's JSON.
type dashboard struct {
	SchemaVersion int     `json:"schemaVersion"`
	Panels        []panel `json:"panels"`
	Templating    struct {
		List []variable `json:"list"`
	} `json:"templating"`
}

type panel struct {
	Title      string     `json:"title"`
	Type       string     `json:"type"`
	Datasource datasource `json:"datasource"`
	Targets    []target   `json:"targets"`
}

type target struct {
	Datasource   datasource `json:"datasource"`
	Expr         string     `json:"expr"`
	LegendFormat string     `json:"legendFormat"`
}

type datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type variable struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	Definition string `json:"definition"`
}

func readDashboard(root string) (d dashboard, err error) {
	content, err := os.ReadFile(filepath.Join(root, dashboardFile))
	if err == nil {
		err = json.Unmarshal(content, &d)
	}
	if err != nil {
		return d, fmt.Errorf("read the dashboard: %w", err)
	}
	return d, nil
}

// filled puts values in place of Grafana's variables, as Grafana does. The times are such
// that all of a run is in them, however long it takes.
func filled(expr string) string {
	return strings.NewReplacer("$__rate_interval", "1h", "$__range", "1h", "$job", ".+", "$instance", ".+").Replace(expr)
}

var (
	// selector is a metric in an expression, with its matchers if it has some.
	selector = regexp.MustCompile(`\b(?:pullgate|apiserver|process|go)_[a-z0-9_]+(?:\{[^}]*\})?`)
	// legendLabel is a label that a legend shows.
	legendLabel = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)
)

// selectors are the metrics that an expression reads.
func selectors(expr string) []string { return selector.FindAllString(expr, -1) }

// legendLabels are the labels that a legend shows.
func legendLabels(legend string) (names []string) {
	for _, m := range legendLabel.FindAllStringSubmatch(legend, -1) {
		names = append(names, m[1])
	}
	return names
}
