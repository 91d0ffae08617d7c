package provider

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestCacheKinds: an answer serves other images as far as its cacheKeyType says
// (P32, P33).
func TestCacheKinds(t *testing.T) {
	asked := []string{"r.io/a", "r.io/a", "r.io/b", "r.io:5000/a", "s.io/a"}
	for kind, want := range map[string][]string{
		"Image":    {"r.io/a", "r.io/b", "r.io:5000/a", "s.io/a"},
		"Registry": {"r.io/a", "r.io:5000/a", "s.io/a"},
		"Global":   {"r.io/a"},
	} {
		t.Run(kind, func(t *testing.T) {
			runner := always(says(kind, "", "r.io", "u", "p"))
			s := setOf(runner, named("plugin", "*.io", "*.io:5000"))
			for _, repository := range asked {
				a := ask(t, s, repository)
				if repository == "r.io/a" || repository == "r.io/b" {
					a.want(t, repository, "u:p")
					continue
				}
				a.want(t, repository) // no key of the answer is this registry's
			}
			var got []string
			for _, c := range runner.ran {
				got = append(got, request(t, c).Image)
			}
			if !slices.Equal(got, want) {
				t.Errorf("ran for %q, want %q", got, want)
			}
		})
	}
}

// TestKept: how long an answer is used, to the nanosecond (P15, P34). A run takes a
// second here, so that who waits for none has the answer from the cache.
func TestKept(t *testing.T) {
	none := time.Duration(-1)
	for name, tc := range map[string]struct {
		answered  string        // its cacheDuration
		otherwise time.Duration // defaultCacheDuration
		auth      []string
		want      time.Duration
	}{
		"as it says":              {"2h", time.Hour, []string{"r.io", "u", "p"}, 2 * time.Hour},
		"less than the default":   {"1s", time.Hour, []string{"r.io", "u", "p"}, time.Second},
		"absent":                  {"", time.Hour, []string{"r.io", "u", "p"}, time.Hour},
		"0, default 1 h":          {"0s", time.Hour, []string{"r.io", "u", "p"}, time.Minute},
		"absent, default 0":       {"", 0, []string{"r.io", "u", "p"}, time.Minute},
		"negative":                {"-5m", time.Hour, []string{"r.io", "u", "p"}, time.Minute},
		"longer than is believed": {"12h", time.Hour, []string{"r.io", "u", "p"}, 6 * time.Hour},
		"default too long":        {"", 12 * time.Hour, []string{"r.io", "u", "p"}, 6 * time.Hour},
		"empty":                   {"", time.Hour, nil, time.Hour},
		"empty, 0":                {"0s", time.Hour, nil, time.Minute},
		"a failure":               {"", none, nil, 0},
	} {
		for when, after := range map[string]time.Duration{"before the end": tc.want - 1, "at the end": tc.want} {
			if after < 0 {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				runner := slowly(time.Second, says("Registry", tc.answered, tc.auth...))
				p := named("plugin", "r.io")
				p.DefaultCacheDuration = &metav1.Duration{Duration: tc.otherwise}
				if tc.otherwise == none {
					runner = &scripted{do: func(context.Context, int, Command) (Output, error) {
						time.Sleep(time.Second)
						return Output{}, errScripted
					}}
					after = firstBackOff
				}
				s := setOf(runner, p)
				ask(t, s, "r.io/a")
				time.Sleep(after)
				want := time.Duration(0)
				if when == "at the end" {
					want = time.Second
				}
				if got := took(func() { ask(t, s, "r.io/a") }); got != want {
					t.Errorf("%s, %s: waited %s, want %s", name, when, got, want)
				}
				time.Sleep(timeout) // what runs in the background must end in here
			})
		}
	}
}

// TestJoined: Pods that come together have one run, and images of one registry as
// well, unless the plugin answers for one image only (P36).
func TestJoined(t *testing.T) {
	const pods = 8
	same := func(int) string { return "r.io/app" }
	distinct := func(n int) string { return fmt.Sprintf("r.io/app%d", n) }
	elsewhere := func(n int) string { return fmt.Sprintf("n%d.r.io/app", n) }
	for name, tc := range map[string]struct {
		kind       string
		repository func(int) string
		runs, most int
		want       time.Duration // until all have their answer
	}{
		"one image":              {"Image", same, 1, 1, time.Second},
		"one registry":           {"Registry", distinct, 1, 1, time.Second},
		"one registry, Global":   {"Global", distinct, 1, 1, time.Second},
		"registries, Global":     {"Global", elsewhere, maxNewcomers, maxNewcomers, time.Second}, // the rest need not be run any more
		"one registry, by image": {"Image", distinct, pods, maxRuns, 3 * time.Second},            // 1, then 4, then 3
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				runner := slowly(time.Second, says(tc.kind, "", "r.io", "u", "p", "*.r.io", "u", "p"))
				s := setOf(runner, named("plugin", "r.io", "*.r.io"))
				waited := took(func() {
					var wg sync.WaitGroup
					for n := range pods {
						wg.Go(func() { ask(t, s, tc.repository(n)).want(t, name, "u:p") })
					}
					wg.Wait()
				})
				runner.wantRuns(t, name, tc.runs)
				if runner.most != tc.most || waited != tc.want {
					t.Errorf("%d runs at once and %s, want %d and %s", runner.most, waited, tc.most, tc.want)
				}
			})
		})
	}
}

// TestKindChanges: a plugin that has answered for one image may answer for all of them
// the next time.
func TestKindChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := &scripted{do: func(_ context.Context, n int, _ Command) (Output, error) {
			time.Sleep(time.Second)
			if n == 0 {
				return says("Image", "", "r.io", "u", "p"), nil
			}
			return says("Registry", "", "r.io", "u", "p"), nil
		}}
		s := setOf(runner, named("plugin", "r.io"))
		for n := range 5 {
			ask(t, s, fmt.Sprintf("r.io/app%d", n)).want(t, "in turn", "u:p")
		}
		runner.wantRuns(t, "in turn", 2)
	})
}

// TestDetached: a run goes on when nobody waits for it any more, and those who come
// later have its answer (P19).
func TestDetached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := slowly(10*time.Second, says("Registry", "", "r.io", "u", "p"))
		s := setOf(runner, named("plugin", "r.io"))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		var a Answer
		if waited := took(func() { a = s.Ask(ctx, question("r.io/a")).Wait(ctx) }); waited != 3*time.Second {
			t.Errorf("waited %s for a run of 10 s, with 3 s to spend", waited)
		}
		a.want(t, "out of time", "failed: plugin")
		a.wantWhy(t, "out of time", "did not answer in time")
		time.Sleep(2 * time.Second)
		if waited := took(func() { ask(t, s, "r.io/a").want(t, "joined", "u:p") }); waited != 5*time.Second {
			t.Errorf("waited %s for what is left of the run, want 5 s", waited)
		}
		if waited := took(func() { ask(t, s, "r.io/a").want(t, "later", "u:p") }); waited != 0 {
			t.Errorf("waited %s for what is known", waited)
		}
		runner.wantRuns(t, "in all", 1)
	})
}

// TestRunEnds: a run that does not end is ended at its limit, and counts as a failure
// (P19).
func TestRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := &scripted{do: func(ctx context.Context, _ int, _ Command) (Output, error) {
			<-ctx.Done()
			return Output{}, ctx.Err()
		}}
		seen := &counted{}
		s := New(&Config{Providers: []Provider{named("plugin", "r.io")}}, Options{Runner: runner, Observer: seen})
		var a Answer
		if waited := took(func() { a = ask(t, s, "r.io/a") }); waited != timeout {
			t.Errorf("ended after %s, want %s", waited, timeout)
		}
		a.wantWhy(t, "hung", "did not answer in time")
		if seen.fail["plugin"] != 1 || seen.took[0] != timeout {
			t.Errorf("counted %+v", seen.fail)
		}
	})
}
