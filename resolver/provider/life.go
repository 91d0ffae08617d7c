package provider

import (
	"context"
	"sync"
)

// life is that of the runs, of a Set and of those that With made of it.
type life struct {
	ctx context.Context
	end context.CancelFunc

	mu   sync.Mutex
	runs sync.WaitGroup
}

func newLife() *life {
	l := &life{}
	l.ctx, l.end = context.WithCancel(context.Background())
	return l
}

// begin begins a run. At the end of life it is one that fails, and nobody waits for.
func (l *life) begin(run func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil {
		go run()
		return
	}
	l.runs.Go(run)
}

func (l *life) close() {
	l.mu.Lock()
	l.end()
	l.mu.Unlock()
	l.runs.Wait()
}
