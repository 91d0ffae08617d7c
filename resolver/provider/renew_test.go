package provider

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pullgate/pullgate/resolver/keyring"
)

// renewing answers with another password each time, after a second.
func renewing(kind, duration string) *scripted {
	return &scripted{do: func(_ context.Context, n int, _ Command) (Output, error) {
		time.Sleep(time.Second)
		return says(kind, duration, "r.io", "u", fmt.Sprintf("p%d", n)), nil
	}}
}

// TestRenewedAhead: in the last fifth of its time an answer is asked for anew, once and
// in the background.
func TestRenewedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := renewing("Registry", "100m")
		s := setOf(runner, named("plugin", "r.io"))
		ask(t, s, "r.io/a").want(t, "at first", "u:p0")
		time.Sleep(80 * time.Minute)
		ask(t, s, "r.io/a").want(t, "at four fifths", "u:p0")
		runner.wantRuns(t, "at four fifths", 1)
		time.Sleep(time.Nanosecond)
		if waited := took(func() {
			for range 10 {
				ask(t, s, "r.io/a").want(t, "past four fifths", "u:p0")
			}
		}); waited != 0 {
			t.Errorf("waited %s for an answer that is known", waited)
		}
		time.Sleep(time.Second)
		synctest.Wait() // the run is over as well
		ask(t, s, "r.io/a").want(t, "renewed", "u:p1")
		runner.wantRuns(t, "renewed", 2)
		time.Sleep(80 * time.Minute)
		ask(t, s, "r.io/a").want(t, "the new one at four fifths", "u:p1")
		runner.wantRuns(t, "the new one at four fifths", 2)
	})
}

// TestRenewalFails: what is known stays until its time is over, and the plugin is left
// alone as after any failure.
func TestRenewalFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := &scripted{do: func(_ context.Context, n int, _ Command) (Output, error) {
			if n == 0 {
				return says("Registry", "100m", "r.io", "u", "p"), nil
			}
			return Output{}, errScripted
		}}
		s := setOf(runner, named("plugin", "r.io"))
		ask(t, s, "r.io/a")
		time.Sleep(80*time.Minute + 1)
		for range 100 {
			ask(t, s, "r.io/a").want(t, "while it is good", "u:p")
			time.Sleep(12*time.Second - 1)
		}
		// At 0, 12, 36, 84, 168, 336, 648 and 960 s: each as soon as the back-off of 10 s,
		// 20 s, and so on, is over.
		runner.wantRuns(t, "in 20 minutes", 1+8)
		ask(t, s, "r.io/a").want(t, "just before its end", "u:p")
		time.Sleep(99 * time.Nanosecond)
		ask(t, s, "r.io/a").want(t, "at its end", "failed: plugin")
	})
}

// renew is Renew as a caller that has time.
func renew(t *testing.T, a *Asked, refused keyring.Credential) (string, *Failure) {
	t.Helper()
	c, ok, failure := a.Renew(t.Context(), refused)
	if !ok {
		return "", failure
	}
	return c.Password, failure
}

// TestRenew: a plugin is run once more for a cached credential that its registry
// refuses, for all that hold it, and not again for a while (P37).
func TestRenew(t *testing.T) {
	for _, kind := range []string{"Registry", "Image", "Global"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				runner := renewing(kind, "6h")
				s := setOf(runner, named("plugin", "r.io"))
				ask(t, s, "r.io/a")
				time.Sleep(time.Hour)
				waited := took(func() {
					var wg sync.WaitGroup
					for range 100 {
						wg.Go(func() {
							asked := s.Ask(t.Context(), question("r.io/a"))
							refused := asked.Wait(t.Context()).first(t)
							if got, failure := renew(t, asked, refused); got != "p1" || refused.Password != "p0" || failure != nil {
								t.Errorf("%s becomes %q, %+v", refused.Password, got, failure)
							}
						})
					}
					wg.Wait()
				})
				if waited != time.Second {
					t.Errorf("took %s, want the second of one run", waited)
				}
				runner.wantRuns(t, "for 100 that were refused", 2)

				time.Sleep(forceEvery - time.Second - 1) // since that run began
				asked := s.Ask(t.Context(), question("r.io/a"))
				refused := asked.Wait(t.Context()).first(t)
				if got, failure := renew(t, asked, refused); got != "" || failure != nil {
					t.Errorf("run again at once: %q, %+v", got, failure)
				}
				runner.wantRuns(t, "refused again", 2)
				time.Sleep(time.Nanosecond)
				if got, _ := renew(t, asked, refused); got != "p2" {
					t.Errorf("after a while: %q", got)
				}
				runner.wantRuns(t, "after a while", 3)
			})
		})
	}
}

// TestRenewSame: the same credential again is none to try.
func TestRenewSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := always(says("Registry", "6h", "r.io", "u", "p", "*.io", "other", "q"))
		s := setOf(runner, named("first", "s.io"), named("plugin", "r.io"))
		ask(t, s, "r.io/a")
		time.Sleep(time.Hour)
		asked := s.Ask(t.Context(), question("r.io/a"))
		if got, failure := renew(t, asked, asked.Wait(t.Context()).first(t)); got != "" || failure != nil {
			t.Errorf("%q, %+v, want nothing new", got, failure)
		}
		runner.wantRuns(t, "refused", 2)
	})
}

// TestRenewFresh: what was obtained for this very question is as new as it can be.
func TestRenewFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := renewing("Registry", "6h")
		s := setOf(runner, named("plugin", "r.io"))
		asked := s.Ask(t.Context(), question("r.io/a"))
		if got, failure := renew(t, asked, asked.Wait(t.Context()).first(t)); got != "" || failure != nil {
			t.Errorf("%q, %+v, want nothing new", got, failure)
		}
		runner.wantRuns(t, "refused when it was new", 1)
	})
}

// TestRenewFails: that there is nothing better may be the plugin's failure, and then the
// refusal proves nothing; and it is tried again after the back-off.
func TestRenewFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var broken bool
		runner := &scripted{do: func(_ context.Context, n int, _ Command) (Output, error) {
			time.Sleep(time.Second)
			if broken {
				return Output{}, errScripted
			}
			return says("Registry", "6h", "r.io", "u", fmt.Sprintf("p%d", n)), nil
		}}
		s := setOf(runner, named("plugin", "r.io"))
		ask(t, s, "r.io/a")
		time.Sleep(time.Hour)
		broken = true
		asked := s.Ask(t.Context(), question("r.io/a"))
		refused := asked.Wait(t.Context()).first(t)
		for _, when := range []string{"it fails", "it is left alone"} {
			if got, failure := renew(t, asked, refused); got != "" || failure == nil || failure.Why != errScripted.Error() {
				t.Errorf("%s: %q, %+v", when, got, failure)
			}
			runner.wantRuns(t, when, 2)
		}
		broken = false
		time.Sleep(firstBackOff)
		if got, failure := renew(t, asked, refused); got != "p2" || failure != nil {
			t.Errorf("mended: %q, %+v", got, failure)
		}
	})
}

// TestRenewOutOfTime: who has no time left to wait has learned nothing of the plugin.
func TestRenewOutOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := renewing("Registry", "6h")
		s := setOf(runner, named("plugin", "r.io"))
		ask(t, s, "r.io/a")
		time.Sleep(time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		asked := s.Ask(ctx, question("r.io/a"))
		_, ok, failure := asked.Renew(ctx, asked.Wait(ctx).first(t))
		if ok || failure == nil {
			t.Errorf("%t, %+v, want a failure", ok, failure)
		}
		time.Sleep(time.Second)
		ask(t, s, "r.io/a").want(t, "for those who come later", "u:p1")
	})
}
