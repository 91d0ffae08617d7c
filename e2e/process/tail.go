package process

import (
	"bytes"
	"os"
)

// Tail returns the last lines of a file, at most size bytes of them. An
// unreadable file is told in its place: a missing log must not hide the error
// that it would have explained.
func Tail(path string, size int) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "(no log: " + err.Error() + ")"
	}
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return "(empty)"
	}
	if len(b) > size {
		b = b[len(b)-size:]
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			b = b[i+1:]
		}
	}
	return string(b)
}
