package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// failing fails each run until it is told otherwise.
type failing struct {
	scripted
	answer *Output
}

func newFailing() *failing {
	f := &failing{}
	f.do = func(context.Context, int, Command) (Output, error) {
		if f.answer != nil {
			return *f.answer, nil
		}
		return Output{}, errScripted
	}
	return f
}

// TestBackOff: a plugin that fails is left alone for a registry, longer each time, and
// what it failed with is told meanwhile (P35).
func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := newFailing()
		s := setOf(runner, named("plugin", "*.io"))
		for n, seconds := range []int{10, 20, 40, 80, 160, 300, 300, 300} {
			wait := time.Duration(seconds) * time.Second
			when := fmt.Sprintf("failure %d", n+1)
			ask(t, s, "r.io/a").wantWhy(t, when, "it ends with exit status 1")
			runner.wantRuns(t, when, n+1)
			time.Sleep(wait - 1)
			ask(t, s, "r.io/b").wantWhy(t, when, "it ends with exit status 1")
			runner.wantRuns(t, "left alone after "+when, n+1)
			if state := s.States()[0]; !state.BacksOff {
				t.Errorf("%s: not said to be left alone", when)
			}
			time.Sleep(time.Nanosecond)
			if state := s.States()[0]; state.BacksOff {
				t.Errorf("%s: still said to be left alone", when)
			}
		}
		good := says("Image", "1s", "r.io", "u", "p")
		runner.answer = &good
		ask(t, s, "r.io/a").want(t, "mended", "u:p")
		runner.answer = nil
		time.Sleep(time.Second)
		ask(t, s, "r.io/a").want(t, "broken again", "failed: plugin")
		runs := runner.runs()
		time.Sleep(firstBackOff)
		ask(t, s, "r.io/a").want(t, "after the first back-off", "failed: plugin")
		runner.wantRuns(t, "back-off begins anew", runs+1)
	})
}

// TestBackOffIsOfOneRegistry: others are asked for all the same.
func TestBackOffIsOfOneRegistry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := &scripted{do: func(_ context.Context, _ int, c Command) (Output, error) {
			if strings.Contains(string(c.Stdin), "broken.io") {
				return Output{}, errScripted
			}
			return says("Registry", "", "*.io", "u", "p"), nil
		}}
		s := setOf(runner, named("plugin", "*.io"), named("other", "broken.io"))
		ask(t, s, "broken.io/a").want(t, "broken", "failed: plugin", "failed: other")
		ask(t, s, "r.io/a").want(t, "another", "u:p")
	})
}

// TestFailureRemembers: whose credentials a provider had before it failed is known, and
// not their passwords.
func TestFailureRemembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := newFailing()
		s := setOf(runner, named("plugin", "*.io"))
		if a := ask(t, s, "r.io/a"); a.Failed[0].Last != nil {
			t.Errorf("it remembers what never was: %+v", a.Failed[0].Last)
		}
		time.Sleep(firstBackOff)
		good := says("Registry", "1h", "r.io", "u", "hunter2")
		runner.answer = &good
		was := ask(t, s, "r.io/a").first(t)
		runner.answer = nil
		time.Sleep(time.Hour)
		for _, when := range []string{"as it fails", "left alone"} {
			a := ask(t, s, "r.io/a")
			a.want(t, when, "failed: plugin")
			last := a.Failed[0].Last
			if len(last) != 1 || last[0].Username != "u" || last[0].Password != "" || last[0].ID() != was.ID() || last[0].Provider() != "plugin" {
				t.Errorf("%s: %+v, want %+v without its password", when, last, was)
			}
		}
	})
}

// TestPanic: a Runner that panics is a failure, and not the end of the process.
func TestPanic(t *testing.T) {
	var log logged
	s := New(&Config{Providers: []Provider{named("plugin", "r.io")}}, Options{Log: log.logger(), Runner: &scripted{
		do: func(context.Context, int, Command) (Output, error) { panic("as scripted") },
	}})
	ask(t, s, "r.io/a").wantWhy(t, "panic", "pullgate failed internally")
	if !strings.Contains(log.String(), "as scripted") || !strings.Contains(log.String(), "stack") {
		t.Errorf("logged %s", &log)
	}
}

// TestBound: so many runs at once, so many that wait, and no more. That pullgate has no
// room says nothing of the plugin.
func TestBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		runner := &scripted{do: func(_ context.Context, n int, _ Command) (Output, error) {
			if n > 0 {
				<-gate
			}
			return says("Registry", "1m", "*.r.io", "u", "p"), nil
		}}
		s := setOf(runner, named("plugin", "*.r.io"))
		ask(t, s, "known.r.io/app").want(t, "the first", "u:p")
		time.Sleep(2 * time.Minute) // its answer is gone
		var wg sync.WaitGroup
		for n := range maxRuns + maxWaiting - 1 {
			wg.Go(func() { ask(t, s, fmt.Sprintf("n%d.r.io/app", n)).want(t, "within bounds", "u:p") })
		}
		synctest.Wait()
		runner.wantRuns(t, "for registries that nobody knows", 1+maxNewcomers)
		wg.Go(func() { ask(t, s, "known.r.io/app").want(t, "one that is known", "u:p") })
		synctest.Wait()
		runner.wantRuns(t, "at once", 1+maxRuns)
		ask(t, s, "more.r.io/app").wantWhy(t, "one more", "too many runs wait")
		if s.States()[0].BacksOff {
			t.Error("the plugin is left alone, which has not failed")
		}
		close(gate)
		wg.Wait()
		ask(t, s, "more.r.io/app").want(t, "when there is room", "u:p")
		if runner.most != maxRuns {
			t.Errorf("%d at once, want %d", runner.most, maxRuns)
		}
	})
}

// TestNoTurn: a run that did not get its turn in time says nothing of the plugin either.
func TestNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := errors.New("slow")
		runner := &scripted{do: func(_ context.Context, _ int, c Command) (Output, error) {
			if c.Path == "/plugins/good" {
				return says("Registry", "", "good.io", "u", "p"), nil
			}
			time.Sleep(timeout + time.Second)
			return Output{}, slow
		}}
		s := setOf(runner, named("slow", "*.r.io"), named("good", "good.io"))
		var wg sync.WaitGroup
		for n := range maxRuns {
			wg.Go(func() { ask(t, s, fmt.Sprintf("n%d.r.io/app", n)) })
		}
		synctest.Wait()
		ask(t, s, "good.io/app").wantWhy(t, "no turn", "wait for their turn")
		if s.States()[1].BacksOff {
			t.Error("a plugin that was not run is left alone for its failure")
		}
		wg.Wait()
		ask(t, s, "good.io/app").want(t, "its turn", "u:p")
	})
}
