package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pullgate/pullgate/resolver/words"
)

// Error is one thing that is wrong with a configuration file.
type Error struct {
	File string
	// Line is where, counted from 1; 0 where it is no line's fault, as of what is
	// missing.
	Line int
	// Field is the path of the field, empty where the file as a whole is meant.
	Field string
	// Message is what is wrong.
	Message string
}

// Error is in the form that compilers use, which editors can follow:
// file:line: field: message.
func (e Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	b.WriteString(": ")
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Message)
	return b.String()
}

// Errors are all things that are wrong with a configuration file, in the order
// of its lines.
type Errors []Error

// maxErrors is how many of them are worth reading at once.
const maxErrors = 20

// Error has a line for each.
func (e Errors) Error() string {
	shown := e[:min(len(e), maxErrors)]
	lines := make([]string, len(shown), len(shown)+1)
	for n, err := range shown {
		lines[n] = err.Error()
	}
	if rest := len(e) - len(shown); rest > 0 {
		lines = append(lines, fmt.Sprintf("%s: %d more errors", e[0].File, rest))
	}
	return strings.Join(lines, "\n")
}

// problems collects what is found.
type problems struct {
	file string
	errs Errors
	at   map[string]bool // the fields that they are about
}

// Limits of what is repeated from the file in a message, in bytes.
const (
	maxRepeated = 64
	maxField    = 256
	maxMessage  = 1024
)

func (p *problems) add(line int, field, format string, args ...any) {
	p.at[field] = true
	p.errs = append(p.errs, Error{
		File:    p.file,
		Line:    line,
		Field:   words.Cut(words.Printable(field), maxField),
		Message: words.Cut(words.Printable(fmt.Sprintf(format, args...)), maxMessage),
	})
}

// err is all of it, nil if there is nothing.
func (p *problems) err() error {
	if len(p.errs) == 0 {
		return nil
	}
	slices.SortStableFunc(p.errs, func(a, b Error) int { return cmp.Compare(a.Line, b.Line) })
	return p.errs
}
