package check

import (
	"bytes"
	"io"
	"os"
	"testing"
)

// terminal opens one. On Linux the master of a pseudoterminal is one itself.
func terminal(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatalf("no terminal to test with: %v", err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestColorful(t *testing.T) {
	tty := terminal(t)
	pipe, other, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = pipe.Close(), other.Close() })
	for name, tc := range map[string]struct {
		w             io.Writer
		noColor, term string
		want          bool
	}{
		"terminal":                {tty, "", "xterm", true},
		"terminal of no name":     {tty, "", "", true},
		"NO_COLOR":                {tty, "1", "xterm", false},
		"NO_COLOR, of any value":  {tty, "0", "xterm", false},
		"terminal without colour": {tty, "", "dumb", false},
		"pipe":                    {other, "", "xterm", false},
		"no file":                 {&bytes.Buffer{}, "", "xterm", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NO_COLOR", tc.noColor)
			t.Setenv("TERM", tc.term)
			if got := colorful(tc.w); got != tc.want {
				t.Errorf("%t, want %t", got, tc.want)
			}
		})
	}
}

// The bar is for terminals, whether or not they have colours.
func TestBarIsForTerminals(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	if tty := terminal(t); newBar(tty).w != tty {
		t.Error("no bar on a terminal")
	}
	if newBar(&bytes.Buffer{}).w != nil {
		t.Error("a bar on what is no terminal")
	}
}
