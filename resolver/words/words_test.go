package words

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCut(t *testing.T) {
	for in, want := range map[string]string{
		"short":                 "short",
		"exactly 10":            "exactly 10",
		"more than ten":         "more th…",
		"äöüäöüäöü":             "äöü…",
		"":                      "",
		strings.Repeat("x", 99): "xxxxxxx…",
	} {
		if got := Cut(in, 10); got != want || !utf8.ValidString(got) || len(got) > 10 {
			t.Errorf("Cut(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"a\n\x1b[31m\x00\"b":         `"a\n\x1b[31m\x00\"b"`,
		"":                           `""`,
		"exactly eighteen c":         `"exactly eighteen c"`,
		"more than eighteen chars":   `"more than eighte…"`,
		strings.Repeat("\x01", 1000): `"\x01\x01\x01\x01…"`,
		strings.Repeat("é", 1000):    `"éééééééé…"`,
		"bad \xff\xff\xff\xff bytes": `"bad \xff\xff\xff…"`,
	} {
		if got := Quote(in, 21); got != want || len(got) > 21 {
			t.Errorf("Quote(%.30q) = %s (%d bytes), want %s", in, got, len(got), want)
		}
	}
}

func TestPrintable(t *testing.T) {
	if got, want := Printable("ok é\r\n\u202e\xff"), "ok é????"; got != want {
		t.Errorf("Printable = %q, want %q", got, want)
	}
}
