package resolver

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCut(t *testing.T) {
	for in, want := range map[string]string{
		"short":                 "short",
		"exactly ten":           "exactly…",
		"äöüäöüäöü":             "äöü…",
		"":                      "",
		strings.Repeat("x", 99): "xxxxxxx…",
	} {
		got := cut(in, 10)
		if got != want || !utf8.ValidString(got) || len(got) > 10 {
			t.Errorf("cut(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRedact(t *testing.T) {
	err := errors.New(`Get "https://cdn.example.com/blob?X-Amz-Signature=hunter2&x=1": dial tcp: refused` + "\n" + `why?`)
	const want = `Get "https://cdn.example.com/blob?…" dial tcp: refused why?`
	if got := redact(err); got != want {
		t.Errorf("redact = %q, want %q", got, want)
	}
}
