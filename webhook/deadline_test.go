package webhook

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestBudget(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"5s":    4500 * time.Millisecond,
		"30s":   29500 * time.Millisecond,
		"1s":    800 * time.Millisecond,
		"":      9500 * time.Millisecond,
		"soon":  9500 * time.Millisecond,
		"-3s":   9500 * time.Millisecond,
		"1000h": 9500 * time.Millisecond,
	} {
		if got := budget(in); got != want {
			t.Errorf("budget(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestWithDeadline(t *testing.T) {
	var left time.Duration
	h := WithDeadline(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		at, _ := r.Context().Deadline()
		left = time.Until(at)
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/validate?timeout=2s", nil))
	if left <= time.Second || left > 1600*time.Millisecond {
		t.Errorf("%s left of a timeout of 2s", left)
	}
}
