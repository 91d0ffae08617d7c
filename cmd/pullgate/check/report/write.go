package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Options says how a report is written.
type Options struct {
	// Format is one of Formats; "" is the table.
	Format string
	// All shows in the table what there is nothing to say about, too.
	All bool
	// Color colours the table.
	Color bool
	// Strict makes what is unverified an error in JUnit, and not skipped.
	Strict bool
	// Version is pullgate's own, for SARIF.
	Version string
}

// Formats are the formats that have a name.
func Formats() []string { return []string{"json", "yaml", "sarif", "junit"} }

// ValidateFormat returns an error for what is no format.
func ValidateFormat(format string) error {
	if format == "" || slices.Contains(Formats(), format) {
		return nil
	}
	return fmt.Errorf("%q is not one of %s", format, strings.Join(Formats(), ", "))
}

// Write writes a report.
func Write(w io.Writer, r Report, o Options) error {
	switch o.Format {
	case "":
		return writeTable(w, r, o)
	case "json":
		return writeJSON(w, r)
	case "yaml":
		data, err := yaml.Marshal(r)
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	case "sarif":
		return writeJSON(w, newSARIF(r, o.Version))
	case "junit":
		return writeJUnit(w, r, o.Strict)
	default:
		return ValidateFormat(o.Format)
	}
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
