package webhook

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"testing/synctest"
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
	synctest.Test(t, func(t *testing.T) {
		var left time.Duration
		h := withDeadline(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			at, _ := r.Context().Deadline()
			left = time.Until(at)
		}))
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/validate?timeout=2s", nil))
		if left != 1600*time.Millisecond {
			t.Errorf("%s left of a timeout of 2s", left)
		}
	})
}

type contextKey struct{}

// A deadline whose timer comes late must be like any other, also to contexts made of it.
func TestDeadlined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithCancel(context.WithValue(t.Context(), contextKey{}, "value"))
		defer cancel()
		made := func() *deadlined { return &deadlined{Context: parent, at: time.Now().Add(time.Second)} }

		d := made()
		if at, ok := d.Deadline(); !ok || time.Until(at) != time.Second || d.Value(contextKey{}) != "value" || d.timed.Load() != nil {
			t.Errorf("deadline %s, timer %v", at, d.timed.Load())
		}
		d.stop() // of none
		before := runtime.NumGoroutine()
		child, stop := context.WithCancel(d)
		defer stop()
		if after := runtime.NumGoroutine(); after != before {
			t.Errorf("a context made of it takes %d goroutines", after-before)
		}
		if d.Err() != nil || child.Err() != nil || d.Value(contextKey{}) != "value" {
			t.Errorf("before its time: %v, %v", d.Err(), child.Err())
		}
		<-child.Done()
		if !errors.Is(d.Err(), context.DeadlineExceeded) || !errors.Is(child.Err(), context.DeadlineExceeded) {
			t.Errorf("after its time: %v, %v", d.Err(), child.Err())
		}

		late := made()
		time.Sleep(2 * time.Second)
		if !errors.Is(late.Err(), context.DeadlineExceeded) {
			t.Errorf("first asked after its time: %v", late.Err())
		}
		stopped, ended := made(), made()
		_ = stopped.Done()
		if stopped.stop(); !errors.Is(stopped.Err(), context.Canceled) {
			t.Errorf("stopped: %v", stopped.Err())
		}
		cancel()
		if <-ended.Done(); !errors.Is(ended.Err(), context.Canceled) {
			t.Errorf("parent cancelled: %v", ended.Err())
		}
	})
}
