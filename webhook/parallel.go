package webhook

import (
	"fmt"
	"runtime/debug"
	"sync"

	"golang.org/x/sync/errgroup"
)

// maxParallel bounds what is done at once for one Pod; no sane one has more
// images or Secrets.
const maxParallel = 64

// parallel calls f for 0 to n-1 at once, and returns when all have returned. A
// panic in one of them becomes a panic here, where it can be recovered; in a
// goroutine of its own it would end the process.
func parallel(n int, f func(i int)) {
	if n == 0 {
		return
	}
	var (
		group  errgroup.Group
		first  sync.Once
		caught error
	)
	group.SetLimit(maxParallel)
	for i := range n {
		group.Go(func() error {
			defer func() {
				if p := recover(); p != nil {
					first.Do(func() { caught = fmt.Errorf("%v\n%s", p, debug.Stack()) })
				}
			}()
			f(i)
			return nil
		})
	}
	_ = group.Wait() // none of them returns an error
	if caught != nil {
		panic(caught)
	}
}
