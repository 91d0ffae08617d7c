package reload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/funcr"
)

// watched is a Watcher with what there is to read, and what it does and says.
type watched struct {
	*Watcher
	mu       sync.Mutex // of all below, in what Start does
	there    string     // what there is, "" for nothing
	fails    error      // of Apply
	applied  []string
	refused  int
	log      strings.Builder
	attempts int
}

// newWatched has "a" in force.
func newWatched() *watched {
	w := &watched{there: "a"}
	w.Watcher = New(Options{
		What: "thing", InForce: w.there,
		Fingerprint: func() (string, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.there == "" {
				return "", errors.New("no such file")
			}
			return w.there, nil
		},
		Apply: func() (string, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.attempts++
			return w.there, w.fails
		},
		Applied: func(fingerprint string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.applied = append(w.applied, fingerprint)
		},
		Refused: func() { w.refused++ },
		Log: funcr.New(func(_, args string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			fmt.Fprintln(&w.log, args)
		}, funcr.Options{}),
	})
	return w
}

// polls looks so many times.
func (w *watched) polls(n int) {
	for range n {
		w.Poll()
	}
}

func (w *watched) want(t *testing.T, when string, refused int, applied ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.applied, applied) || w.refused != refused {
		t.Errorf("%s: applied %q, %d refused, want %q, %d", when, w.applied, w.refused, applied, refused)
	}
	if n := strings.Count(w.log.String(), "thing refused, the one in force stays"); n != refused {
		t.Errorf("%s: logged %d refusals, want %d:\n%s", when, n, refused, &w.log)
	}
}

// TestPoll: what is there twice is put into force, once.
func TestPoll(t *testing.T) {
	w := newWatched()
	w.polls(5)
	w.want(t, "unchanged", 0)
	w.there = "b"
	w.polls(1)
	w.want(t, "met once", 0)
	w.polls(1)
	w.want(t, "met twice", 0, "b")
	w.polls(5)
	w.want(t, "in force", 0, "b")
	if w.attempts != 1 || w.InForce() != "b" {
		t.Errorf("%d attempts, in force %q", w.attempts, w.InForce())
	}
	if want := `"thing applied" "hash"="b" "before"="a"`; !strings.Contains(w.log.String(), want) {
		t.Errorf("logged %s, want %s", &w.log, want)
	}
	for n := range 10 {
		w.there = fmt.Sprint("being written ", n)
		w.polls(1)
	}
	w.want(t, "while it is written", 0, "b")
}

// TestPollRefuses: what is refused is told once, and tried again until it will do.
func TestPollRefuses(t *testing.T) {
	w := newWatched()
	w.there, w.fails = "b", errors.New("unfit")
	w.polls(5)
	w.want(t, "unfit", 1)
	if w.attempts != 4 || w.InForce() != "a" {
		t.Errorf("%d attempts, in force %q", w.attempts, w.InForce())
	}
	w.fails = errors.New("unfit in another way")
	w.polls(5)
	w.want(t, "for another reason", 2)
	w.there = "c"
	w.polls(5)
	w.want(t, "another content", 3)
	w.fails = nil
	w.polls(5)
	w.want(t, "mended elsewhere", 3, "c")
}

// TestPollGone: what is gone for a while, and comes back as it was.
func TestPollGone(t *testing.T) {
	w := newWatched()
	w.polls(2)
	w.there = ""
	w.polls(1)
	w.want(t, "just gone", 0)
	w.polls(5)
	w.want(t, "gone", 1)
	if w.attempts != 0 {
		t.Errorf("%d attempts at nothing", w.attempts)
	}
	w.there = "a"
	w.polls(5)
	w.want(t, "back", 1, "a")
}

// TestStart: it polls until it is told to end, on every replica.
func TestStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWatched()
		if w.NeedLeaderElection() {
			t.Error("one replica only would read it again")
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Start(ctx) }()
		synctest.Wait()
		w.mu.Lock()
		w.there = "b"
		w.mu.Unlock()
		time.Sleep(2*PollEvery - 1)
		synctest.Wait()
		w.want(t, "before the second poll", 0)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		w.want(t, "at the second poll", 0, "b")
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
