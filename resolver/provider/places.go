package provider

import (
	"context"
	"errors"

	"golang.org/x/sync/semaphore"
)

const (
	// maxRuns is how many plugins run at once: each takes up to 25 MiB.
	maxRuns = 4
	// maxWaiting is how many more wait for their turn. Who may create Pods can name
	// any number of registries that a pattern covers.
	maxWaiting = 512
)

// They say nothing of the plugin, which was not run.
var (
	errTooManyRuns = errors.New("too many runs wait for their turn")
	errNoTurn      = errors.New("too many runs wait for their turn, and its own did not come in time")
)

// places bounds the runs.
type places struct{ running, all *semaphore.Weighted }

func newPlaces() *places {
	return &places{semaphore.NewWeighted(maxRuns), semaphore.NewWeighted(maxRuns + maxWaiting)}
}

// take waits for a place; release must be called if there is no error.
func (p *places) take(ctx context.Context) (release func(), err error) {
	if !p.all.TryAcquire(1) {
		return nil, errTooManyRuns
	}
	if err := p.running.Acquire(ctx, 1); err != nil {
		p.all.Release(1)
		return nil, errNoTurn
	}
	return func() { p.running.Release(1); p.all.Release(1) }, nil
}
