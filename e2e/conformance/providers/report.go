package providers

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// Report is all that was found.
type Report struct {
	Cases        int `json:"cases"`
	Agree        int `json:"agree"`
	FalseDenials int `json:"falseDenials"`
	FalseAdmits  int `json:"falseAdmits"`
	// OtherKubelet are cases in which the kubelet is not as documented.
	OtherKubelet int `json:"kubeletNotAsDocumented"`
	// OnPurpose are those in which pullgate does something else, and should.
	OnPurpose int `json:"differentOnPurpose"`
	// Compared are look-ups, verdicts and configurations.
	Compared int   `json:"compared"`
	Rows     []Row `json:"rows"`
}

// Row is a line of the table.
type Row struct {
	ID       string `json:"id"`
	Setup    string `json:"setup"`
	Kubelet  string `json:"kubelet"`
	Pullgate string `json:"pullgate"`
	Differs  string `json:"differs,omitempty"`
	Agree    bool   `json:"agree"`
	// Notes say what was not measured as it stands, Complaints what is wrong.
	Notes      []string `json:"notes,omitempty"`
	Complaints []string `json:"complaints,omitempty"`
}

// NewReport sums up.
func NewReport(cases []MeasuredCase) Report {
	var r Report
	for _, c := range cases {
		row := Row{ID: c.ID, Setup: c.Setup, Kubelet: c.Kubelet, Pullgate: c.Pullgate, Differs: c.Differs, Agree: true}
		if c.NoKubelet != "" {
			row.Notes = append(row.Notes, "nothing is asked of the kubelet: "+c.NoKubelet)
		}
		if c.Note != "" {
			row.Notes = append(row.Notes, c.Note)
		}
		denial, admit, other := false, false, false
		for _, m := range c.Measured {
			r.Compared += m.Score.Compared
			denial, admit, other = denial || m.Score.FalseDenial, admit || m.Score.FalseAdmit, other || m.Score.OtherNode
			row.Agree = row.Agree && m.Score.Agree
			for _, complaint := range m.Complaints {
				row.Complaints = append(row.Complaints, strings.TrimPrefix(m.Name+": "+complaint, ": "))
			}
			if m.Skipped && m.Slow {
				row.Notes = append(row.Notes, strings.TrimPrefix(m.Name+": the kubelet's side was left out of this short run", ": "))
			}
		}
		for counter, is := range map[*int]bool{
			&r.Cases: true, &r.Agree: row.Agree, &r.FalseDenials: denial, &r.FalseAdmits: admit, &r.OtherKubelet: other, &r.OnPurpose: c.Differs != "",
		} {
			if is {
				*counter++
			}
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

// Good reports whether nothing is wrong.
func (r Report) Good() bool { return r.Agree == r.Cases && r.FalseDenials == 0 && r.FalseAdmits == 0 }

// Print writes the table and the summary for a terminal.
func (r Report) Print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	say("case\tsetup\tkubelet\tpullgate\tagree")
	for _, row := range r.Rows {
		say("%s\t%s\t%s\t%s\t%s", row.ID, cut(row.Setup, 44), cut(row.Kubelet, 50), cut(row.Pullgate, 60), row.verdict())
	}
	_ = w.Flush()
	for _, row := range r.Rows {
		for _, c := range row.Complaints {
			say("%s: %s", row.ID, c)
		}
	}
	say("%s", r.Summary())
	if r.OtherKubelet > 0 {
		say("IN %d PROVIDER CASES THE KUBELET IS NOT AS DOCUMENTED", r.OtherKubelet)
	}
	_ = w.Flush()
}

// Summary is the figures in a line.
func (r Report) Summary() string {
	return fmt.Sprintf("%d provider cases: %d agree, %d of them different on purpose; %d false denials, %d false admits; %d comparisons",
		r.Cases, r.Agree, r.OnPurpose, r.FalseDenials, r.FalseAdmits, r.Compared)
}

func (r Row) verdict() string {
	switch {
	case !r.Agree:
		return "NO"
	case r.Differs != "":
		return "on purpose"
	default:
		return "yes"
	}
}

func cut(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}

// WriteJSON writes providers.json.
func (r Report) WriteJSON(path string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := os.WriteFile(path, append(content, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// Details is everything about a try, for finding out why.
func (m Measured) Details(id string) string {
	node, err := json.MarshalIndent(m.Node, "    ", "  ")
	if err != nil {
		node = []byte(err.Error())
	}
	ours, err := json.MarshalIndent(m.Ours, "    ", "  ")
	if err != nil {
		ours = []byte(err.Error())
	}
	return fmt.Sprintf("%s %s:\n  wrong: %q\n  kubelet: %s\n  pullgate: %s", id, m.Name, m.Complaints, node, ours)
}
