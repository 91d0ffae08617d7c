package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/pullgate/pullgate/e2e/scripted"
)

// Counters are the figures of one kind of run. A case counts once, however many
// of its tries are of a kind.
type Counters struct {
	Cases        int `json:"cases"`
	Agree        int `json:"agree"`
	FalseDenials int `json:"falseDenials"`
	FalseAdmits  int `json:"falseAdmits"`
	Unverified   int `json:"unverified"`
}

func (c *Counters) add(s Score) {
	c.Cases++
	for counter, is := range map[*int]bool{
		&c.Agree: s.Agree, &c.FalseDenials: s.FalseDenial, &c.FalseAdmits: s.FalseAdmit, &c.Unverified: s.Unverified,
	} {
		if is {
			*counter++
		}
	}
}

// Row is a line of the table.
type Row struct {
	ID       string `json:"id"`
	Setup    string `json:"setup"`
	Node     string `json:"node"`
	Pullgate string `json:"pullgate"`
	Agree    bool   `json:"agree"`
	// Gap marks rows in which a known gap shows.
	Gap bool `json:"gap,omitempty"`
	// Note says what was not measured as it stands, Complaints what is wrong.
	Note       string   `json:"note,omitempty"`
	Complaints []string `json:"complaints,omitempty"`
}

// Report is all that was found.
type Report struct {
	Counters
	// Gaps are cases that agree but for a known gap.
	Gaps int `json:"gaps"`
	// OtherNode are cases in which the node here is not as documented.
	OtherNode int           `json:"nodeNotAsDocumented"`
	Random    *RandomReport `json:"random,omitempty"`
	Rows      []Row         `json:"rows"`
}

// NewReport sums up.
func NewReport(cases []MeasuredCase, random *RandomReport) Report {
	r := Report{Random: random}
	for _, c := range cases {
		row, s := newRow(c)
		r.add(s)
		if s.Gap {
			r.Gaps++
		}
		if s.OtherNode {
			r.OtherNode++
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

// newRow makes one line of all tries, and one score.
func newRow(c MeasuredCase) (Row, Score) {
	total := Score{Agree: true}
	row := Row{ID: c.ID, Setup: c.Setup, Note: c.Note}
	var nodes, answers []cell
	for _, m := range c.Measured {
		s := m.Score
		total.FalseDenial = total.FalseDenial || s.FalseDenial
		total.FalseAdmit = total.FalseAdmit || s.FalseAdmit
		total.Unverified = total.Unverified || s.Unverified
		total.Gap = total.Gap || s.Gap
		total.OtherNode = total.OtherNode || s.OtherNode
		total.Agree = total.Agree && s.Agree
		if complaint := m.Complaint(); complaint != "" {
			row.Complaints = append(row.Complaints, strings.TrimPrefix(m.Name+": "+complaint, ": "))
		}
		node, answer := words(m.Outcome.Node, m.Outcome.Local), answerWords(m.Outcome)
		if m.Outcome.Err != nil {
			node, answer = "not measured", "not measured"
		}
		nodes = append(nodes, cell{m.Name, node})
		answers = append(answers, cell{m.Name, answer})
	}
	row.Node, row.Pullgate = merge(nodes), merge(answers)
	row.Agree, row.Gap = total.Agree, total.Gap
	return row, total
}

// answerWords are the first answer and the last one.
func answerWords(o Outcome) string {
	if o.First == "" || o.First == o.Answer {
		return string(o.Answer)
	}
	return fmt.Sprintf("%s, then %s", o.First, o.Answer)
}

// cell is what one try contributes to a column.
type cell struct{ name, value string }

// merge says once what holds for all tries, and else what holds for which.
func merge(cells []cell) string {
	var values []string
	names := map[string][]string{}
	for _, c := range cells {
		if names[c.value] == nil {
			values = append(values, c.value)
		}
		names[c.value] = append(names[c.value], c.name)
	}
	if len(values) == 1 {
		return values[0]
	}
	var parts []string
	for _, v := range values {
		parts = append(parts, v+" ("+strings.Join(names[v], ", ")+")")
	}
	return strings.Join(parts, "; ")
}

// Good reports whether nothing is wrong but known gaps.
func (r Report) Good() bool {
	good := r.Agree == r.Cases && r.FalseDenials == 0 && r.FalseAdmits == 0 && r.OtherNode == 0
	if r.Random != nil {
		good = good && r.Random.FalseDenials == 0 && r.Random.FalseAdmits == 0
	}
	return good
}

// WriteJSON writes conformance.json.
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

// Print writes the table and the summary for a terminal.
func (r Report) Print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	say("case\tsetup\tnode\tpullgate\tagree")
	for _, row := range r.Rows {
		say("%s\t%s\t%s\t%s\t%s", row.ID, cut(row.Setup, 44), cut(row.Node, 60), cut(row.Pullgate, 60), row.verdict())
	}
	_ = w.Flush()
	for _, row := range r.Rows {
		for _, c := range row.Complaints {
			say("%s: %s", row.ID, c)
		}
	}
	say("%d cases: %d agree, %d with a known gap; %d false denials, %d false admits, %d unverified", r.Cases, r.Agree, r.Gaps, r.FalseDenials, r.FalseAdmits, r.Unverified)
	if r.OtherNode > 0 {
		say("IN %d CASES THE NODE IS NOT AS DOCUMENTED", r.OtherNode)
	}
	if r.Random != nil {
		r.Random.print(say)
	}
	_ = w.Flush()
}

func (r Row) verdict() string {
	switch {
	case len(r.Complaints) > 0:
		return "NO"
	case r.Gap:
		return "known gap"
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

// Details is everything about a try, for finding out why.
func (m Measured) Details(id string) string {
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "%s %s: node %s, pullgate %s\n", id, m.Name, words(m.Outcome.Node, m.Outcome.Local), answerWords(m.Outcome))
	if c := m.Complaint(); c != "" {
		_, _ = fmt.Fprintf(&b, "  wrong:     %s\n", c)
	}
	_, _ = fmt.Fprintf(&b, "  behaviour: %s\n  node:      %s\n  local:     %s\n  pullgate:  %s\n", m.Behaviour, m.Outcome.NodeMessage, m.Outcome.LocalMessage, m.Outcome.Message)
	b.WriteString(trace(m.Requests))
	return b.String()
}

// trace is the requests of both sides.
func trace(requests []scripted.Request) string {
	var b strings.Builder
	for _, side := range scripted.Sides() {
		for _, r := range requests {
			if r.Side == side {
				_, _ = fmt.Fprintf(&b, "    %-11s %s %s %s → %d\n", side, r.Method, r.Path, r.Authorization, r.Status)
			}
		}
	}
	return b.String()
}
