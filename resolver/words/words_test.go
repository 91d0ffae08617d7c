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
	const in = "a\n\x1b[31m\x00\"b"
	if got, want := Quote(in, 100), `"a\n\x1b[31m\x00\"b"`; got != want {
		t.Errorf("Quote = %s, want %s", got, want)
	}
}

func TestPrintable(t *testing.T) {
	if got, want := Printable("ok é\r\n\u202e\xff"), "ok é????"; got != want {
		t.Errorf("Printable = %q, want %q", got, want)
	}
}
