package words

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzWords holds foreign text against what messages promise: a size, one line,
// and nothing that a terminal or a header would choke on.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"", "plain", "\x00\r\n\x1b[31m", "\u202e\u0085…", strings.Repeat("é", 100), "\xff\xfe", `"\"`, "�"} {
		f.Add(s, uint16(20))
	}
	f.Fuzz(func(t *testing.T, s string, size uint16) {
		const shortest = len(`"…"`)
		limit := max(int(size)%1024, shortest)
		if cut := Cut(s, limit); len(cut) > limit {
			t.Fatalf("Cut(%q, %d) has %d bytes", s, limit, len(cut))
		} else if utf8.ValidString(s) && !utf8.ValidString(cut) {
			t.Fatalf("Cut(%q, %d) = %q cuts a rune", s, limit, cut)
		}
		quoted := Quote(s, limit)
		if len(quoted) > limit || !strings.HasPrefix(quoted, `"`) || !strings.HasSuffix(quoted, `"`) {
			t.Fatalf("Quote(%q, %d) = %s", s, limit, quoted)
		}
		printable := Printable(s)
		if utf8.RuneCountInString(printable) != utf8.RuneCountInString(s) {
			t.Fatalf("Printable(%q) = %q", s, printable)
		}
		for _, text := range []string{quoted, printable} {
			if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u202e' }) {
				t.Fatalf("%q became %q, which no terminal should get", s, text)
			}
		}
	})
}
