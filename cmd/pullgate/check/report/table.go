package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/words"
)

// Cells are cut to these many bytes: a line that nobody can read helps nobody,
// and the machine formats have it all.
const (
	maxCell    = 120
	maxMessage = 600
)

// row is a line of the table, and the line below it.
type row struct {
	cells   []string
	class   resolver.Class
	message string
}

// writeTable writes what there is something to say about, and with All the rest
// too. It is not text/tabwriter's, which counts colours as characters and lets
// the line below a row end its columns.
func writeTable(w io.Writer, r Report, o Options) error {
	var out strings.Builder
	if rows := rowsOf(r, o.All); len(rows) > 0 {
		header := row{cells: []string{"OBJECT", "NAMESPACE", "FIELD", "IMAGE", "VERDICT"}}
		rows = dropNamespace(append([]row{header}, rows...))
		widths := widthsOf(rows)
		for _, row := range rows {
			row.write(&out, widths, o.Color)
		}
		out.WriteString("\n")
	}
	out.WriteString(summaryLine(r) + "\n")
	_, err := io.WriteString(w, out.String())
	return err
}

// rowsOf makes the rows. Pods that differ in their names only, such as those of
// one Deployment, share a row.
func rowsOf(r Report, all bool) (rows []row) {
	var (
		shared = map[string]int{} // what they share → index
		more   = map[int]int{}
	)
	for _, i := range r.Items {
		if !all && i.severity() > 2 {
			continue
		}
		row := newRow(i, all)
		if i.Source == nil && i.Object != nil {
			key := fmt.Sprintf("%q", append([]string{i.Object.Kind, row.message}, row.cells[1:]...))
			if at, seen := shared[key]; seen {
				more[at]++
				continue
			}
			shared[key] = len(rows)
		}
		rows = append(rows, row)
	}
	for at, n := range more {
		rows[at].cells[0] += fmt.Sprintf(" (+%d)", n)
	}
	return rows
}

// newRow makes a row, with the error behind the verdict if all is to be shown.
func newRow(i Item, all bool) row {
	object, field, message := "-", "-", i.Message
	if all && i.Detail != "" {
		message += " (" + i.Detail + ")"
	}
	message = words.Printable(words.Cut(message, maxMessage))
	if i.Object != nil {
		object = i.Object.Kind + "/" + i.Object.Name
	}
	if n := len(i.Fields); n > 0 {
		field = i.Fields[0].Path
		if n > 1 {
			field += fmt.Sprintf(" (+%d)", n-1)
		}
		if at := i.at(i.Fields[0]); at != "" {
			message = strings.TrimSuffix(words.Printable(at)+": "+message, ": ")
		}
	}
	r := row{class: i.Class, message: message}
	for _, c := range []string{object, i.object().Namespace, field, i.Image, string(i.Reason)} {
		r.cells = append(r.cells, words.Printable(words.Cut(c, maxCell)))
	}
	return r
}

// dropNamespace leaves the column out where it says the same everywhere.
func dropNamespace(rows []row) []row {
	for _, r := range rows[1:] {
		if r.cells[1] != rows[1].cells[1] {
			return rows
		}
	}
	for n, r := range rows {
		rows[n].cells = slices.Delete(r.cells, 1, 2)
	}
	return rows
}

func widthsOf(rows []row) []int {
	widths := make([]int, len(rows[0].cells))
	for _, r := range rows {
		for n, c := range r.cells {
			widths[n] = max(widths[n], utf8.RuneCountInString(c))
		}
	}
	return widths
}

func (r row) write(out *strings.Builder, widths []int, color bool) {
	for n, c := range r.cells {
		if n == len(r.cells)-1 {
			out.WriteString(paint(c, r.class, color) + "\n")
			break
		}
		out.WriteString(c + strings.Repeat(" ", widths[n]-utf8.RuneCountInString(c)+2))
	}
	if r.message != "" {
		out.WriteString("    " + r.message + "\n")
	}
}

// paint colours the verdict by its class, with the terminal's own colours.
func paint(s string, class resolver.Class, color bool) string {
	code := map[resolver.Class]string{
		resolver.ClassDefinite:   "31", // red
		resolver.ClassUnverified: "33", // yellow
		resolver.ClassPullable:   "32", // green
		ClassSkipped:             "2",  // faint
	}[class]
	if !color || code == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func summaryLine(r Report) string {
	s := r.Summary
	parts := []string{fmt.Sprintf("%d pullable", s.Pullable)}
	if s.Notes > 0 {
		parts[0] += fmt.Sprintf(" (%d with a note)", s.Notes)
	}
	for _, p := range []struct {
		n    int
		what string
	}{{s.Definite, "cannot be pulled"}, {s.Unverified, "not verified"}, {s.Skipped, "skipped"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	line := fmt.Sprintf("%s checked: %s", plural(s.Images, "image"), strings.Join(parts, ", "))
	if s.Errors > 0 {
		line += "; " + plural(s.Errors, "input error")
	}
	return line
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
