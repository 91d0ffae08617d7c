package bench

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"text/template"
)

//go:embed performance.md.tmpl
var page embed.FS

// Print writes the targets and the figures as a table.
func (r Result) Print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "figure\ttarget\tmeasured\t")
	for _, g := range r.Targets {
		verdict := "reached"
		if !g.Reached {
			verdict = "MISSED"
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", g.Figure, g.Want, g.Got, verdict)
	}
	_, _ = fmt.Fprintln(t, "\t\t\t")
	_, _ = fmt.Fprintln(t, "Pod creations\tPods/s\tp50\tp99")
	for _, c := range r.Creation {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", c.Name, c.PodsPerSecond.words(0, ""), c.P50.words(1, " ms"), c.P99.words(1, " ms"))
	}
	_ = t.Flush() // to a terminal, or to nobody
}

// words is a median with its quartiles.
func (s Spread) words(digits int, unit string) string {
	return fmt.Sprintf("%.*f%s (%.*f to %.*f)", digits, s.Median, unit, digits, s.Low, digits, s.High)
}

// Write writes out/bench.json, docs/performance.md and its pictures.
func (r Result) Write(root string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	out := filepath.Join(root, "e2e", "out")
	if err := os.MkdirAll(out, 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "bench.json"), append(content, '\n'), 0o600); err != nil {
		return err
	}
	pictures := filepath.Join(root, "docs", "performance")
	if err := os.MkdirAll(pictures, 0o755); err != nil { //nolint:gosec // a part of the documentation
		return err
	}
	if err := r.plot(pictures); err != nil {
		return fmt.Errorf("draw the pictures: %w", err)
	}
	tmpl, err := template.New("performance.md.tmpl").Funcs(template.FuncMap{
		"spread": func(s Spread, digits int, unit string) string { return s.words(digits, unit) },
	}).ParseFS(page, "performance.md.tmpl")
	if err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(root, "docs", "performance.md"))
	if err != nil {
		return err
	}
	return errors.Join(tmpl.Execute(file, r), file.Close())
}
