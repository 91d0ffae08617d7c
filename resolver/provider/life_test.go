package provider

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestClose: before the process ends all runs have ended, of the Set that is in force
// and of those before it, and what is asked from then on fails at once.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var under atomic.Int64
		runner := &scripted{do: func(ctx context.Context, _ int, _ Command) (Output, error) {
			under.Add(1)
			defer under.Add(-1)
			<-ctx.Done()
			time.Sleep(time.Second) // the plugin is being killed
			return Output{}, ctx.Err()
		}}
		first := setOf(runner, named("gone", "r.io"))
		asked := first.Ask(t.Context(), question("r.io/a"))
		second := first.With(&Config{Providers: []Provider{named("new", "*.io")}})
		waiting := []*Asked{second.Ask(t.Context(), question("r.io/a")), second.Ask(t.Context(), question("s.io/a")), second.Ask(t.Context(), question("t.io/a"))}
		synctest.Wait()
		if n := under.Load(); n != maxNewcomers {
			t.Fatalf("%d runs under way", n)
		}
		if waited := took(second.Close); waited != time.Second || under.Load() != 0 {
			t.Errorf("closed after %s with %d runs under way", waited, under.Load())
		}
		asked.Wait(t.Context()).want(t, "the Set before", "failed: gone")
		for _, a := range waiting {
			a.Wait(t.Context()).want(t, "the Set in force", "failed: new")
		}
		if waited := took(func() { ask(t, second, "u.io/a").want(t, "asked later", "failed: new") }); waited != 0 {
			t.Errorf("waited %s after the end", waited)
		}
		second.Close()
		runner.wantRuns(t, "in all", maxNewcomers)
	})
	var none *Set
	none.Close()
}
