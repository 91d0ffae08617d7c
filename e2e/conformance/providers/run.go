package providers

import (
	"context"
	"regexp"
	"sync"
	"time"
)

const (
	// workers is how many tries are made at once. The slow ones have places of their
	// own: they do nothing but wait.
	workers = 4
	// tryTimeout is far beyond what the slowest try takes.
	tryTimeout = 10 * time.Minute
)

// Options say what to run.
type Options struct {
	// Match is for the cases' IDs.
	Match *regexp.Regexp
	// Short leaves out what takes a kubelet more than a minute.
	Short bool
}

// Run makes all tries of the cases that match.
func (b *Bench) Run(ctx context.Context, o Options) ([]MeasuredCase, error) {
	var all []MeasuredCase
	for _, c := range Cases() {
		if o.Match.MatchString(c.ID) {
			all = append(all, MeasuredCase{Case: c, Measured: make([]Measured, len(c.Tries))})
		}
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, workers)
	for i, c := range all {
		for n, t := range c.Tries {
			place := slots
			if t.Slow {
				place = make(chan struct{}, 1)
			}
			place <- struct{}{}
			wg.Go(func() {
				defer func() { <-place }()
				all[i].Measured[n] = b.measure(ctx, c.Case, n, t, o.Short)
			})
		}
	}
	wg.Wait()
	return all, ctx.Err()
}

// measure makes one try: first with the kubelet, so that what is made worse for
// pullgate is not so yet.
func (b *Bench) measure(ctx context.Context, c Case, n int, t Try, short bool) (m Measured) {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	m = Measured{Try: t, Skipped: c.NoKubelet != "" || t.NoKubelet || t.Slow && short}
	defer func() { m.judge(c) }()
	st, err := b.newStage(c.ID, n, t)
	if err != nil {
		m.Err = err
		return m
	}
	defer st.close()
	defer func() {
		if m.Err != nil {
			st.endPlugins()
		}
	}()
	if !m.Skipped {
		if m.Node, m.Err = st.askKubelet(ctx); m.Err != nil {
			return m
		}
	}
	st.hide()
	for endpoint, state := range t.States {
		st.cloud.Set(endpoint, state)
	}
	if m.Ours, m.Err = st.askPullgate(ctx); m.Err != nil {
		return m
	}
	runs, err := st.plugins(pullgate)
	if err == nil {
		err = left(runs)
	}
	m.Err = err
	return m
}
