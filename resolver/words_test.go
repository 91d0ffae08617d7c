package resolver

import (
	"errors"
	"testing"
)

func TestRedact(t *testing.T) {
	err := errors.New(`Get "https://cdn.example.com/blob?X-Amz-Signature=hunter2&x=1": dial tcp: refused` + "\n" + `why?`)
	const want = `Get "https://cdn.example.com/blob?…" dial tcp: refused why?`
	if got := redact(err); got != want {
		t.Errorf("redact = %q, want %q", got, want)
	}
}
