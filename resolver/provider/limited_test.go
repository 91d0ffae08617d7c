package provider

import (
	"bytes"
	"io"
	"testing"
)

// However it is written to, as os/exec does it too.
func TestLimited(t *testing.T) {
	const limit = 10
	for size, want := range map[int]struct {
		kept int
		over bool
	}{0: {0, false}, 9: {9, false}, 10: {10, false}, 11: {10, true}, 1 << 20: {10, true}} {
		full := 0
		l := &limited{max: limit, full: func() { full++ }}
		read := struct{ io.Reader }{bytes.NewReader(make([]byte, size))}
		if n, err := io.Copy(l, read); err != nil || n != int64(size) {
			t.Errorf("%d bytes: %d are written, %v", size, n, err)
		}
		if l.kept.Len() != want.kept || l.over != want.over || full > 0 != want.over {
			t.Errorf("%d bytes: keeps %d, over %t, full %d times", size, l.kept.Len(), l.over, full)
		}
	}
}
