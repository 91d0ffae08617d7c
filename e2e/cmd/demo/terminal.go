package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// terminal prints for a reader: plain text, and bold and colour where there are
// such things.
type terminal struct {
	w      io.Writer
	styled bool
}

func newTerminal(f *os.File) *terminal {
	info, err := f.Stat()
	styled := err == nil && info.Mode()&os.ModeCharDevice != 0 &&
		os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return &terminal{w: f, styled: styled}
}

const (
	bold  = "1"
	dim   = "2"
	red   = "31"
	green = "32"
)

func (t *terminal) style(code, text string) string {
	if !t.styled || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// printf prints. A reader who has gone, as from a pipe, is no reason to stop
// before everything is stopped.
func (t *terminal) printf(format string, args ...any) { _, _ = fmt.Fprintf(t.w, format, args...) }

func (t *terminal) note(text string) { t.printf("%s\n", t.style(dim, text)) }

func (t *terminal) failure(text string) { t.printf("%s\n", t.style(red, text)) }

func (t *terminal) title(number int, text string) {
	t.printf("\n%s\n", t.style(bold, fmt.Sprintf("%d. %s", number, text)))
}

func (t *terminal) command(text string) { t.printf("   $ %s\n", t.style(green, text)) }

// output prints what a command printed, as it is but for the margin.
func (t *terminal) output(text string) {
	for line := range strings.Lines(text) {
		t.printf("   %s\n", strings.TrimSuffix(line, "\n"))
	}
}

// during tells what takes a while and how long it took.
func (t *terminal) during(what string, do func() error) error {
	start := time.Now()
	t.printf("%s", t.style(dim, what+" ..."))
	if err := do(); err != nil {
		t.printf("\n")
		return err
	}
	t.printf("%s\n", t.style(dim, fmt.Sprintf(" %.1f s", time.Since(start).Seconds())))
	return nil
}
