package provider

import (
	"context"
	"errors"

	"golang.org/x/sync/semaphore"
)

const (
	// maxRuns is how many plugins run at once: each takes up to 25 MiB.
	maxRuns = 4
	// maxNewcomers is how many of them are for registries for which the plugin has
	// never answered: what strangers invent does not keep the others waiting.
	maxNewcomers = 3
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
type places struct{ newcomers, running, all *semaphore.Weighted }

func newPlaces() *places {
	return &places{semaphore.NewWeighted(maxNewcomers), semaphore.NewWeighted(maxRuns), semaphore.NewWeighted(maxRuns + maxWaiting)}
}

// take waits for a place; release must be called if there is no error.
func (p *places) take(ctx context.Context, newcomer bool) (release func(), err error) {
	if !p.all.TryAcquire(1) {
		return nil, errTooManyRuns
	}
	held := []*semaphore.Weighted{p.all}
	release = func() {
		for _, s := range held {
			s.Release(1)
		}
	}
	wanted := []*semaphore.Weighted{p.running}
	if newcomer {
		wanted = []*semaphore.Weighted{p.newcomers, p.running}
	}
	for _, s := range wanted {
		if err := s.Acquire(ctx, 1); err != nil {
			release()
			return nil, errNoTurn
		}
		held = append(held, s)
	}
	return release, nil
}
