package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// How often garbage is collected, in percent of the memory in use by which it may
// grow meanwhile: GOGC. Most memory is what is known of images, and does not grow
// with the load; with 100,000 of them a third less is taken for it by gcThrifty. But
// while little is in use and much to do, gcThrifty would be several times a second,
// for a tenth of all CPU time.
const (
	gcThrifty = 50
	gcBrisk   = 300
)

const (
	gcInterval = 5 * time.Second
	// gcBusy is what about a hundred requests a second allocate, in bytes a second.
	gcBusy = 4 << 20
	// gcLittle is how much is in use at most for gcBrisk, in bytes.
	gcLittle = 16 << 20
)

// saveMemory has the garbage collector run more often than is usual, unless the
// environment says how often, and reports whether it does. There is no way to ask
// for a memory profile, so none is taken.
func saveMemory() bool {
	runtime.MemProfileRate = 0
	if os.Getenv("GOGC") != "" {
		return false
	}
	debug.SetGCPercent(gcThrifty)
	return true
}

// gcPace keeps to these percentages.
type gcPace struct{}

// NeedLeaderElection is false: it is each replica's own memory.
func (gcPace) NeedLeaderElection() bool { return false }

// Start looks again and again, until ctx is done.
func (gcPace) Start(ctx context.Context) error {
	ticker := time.NewTicker(gcInterval)
	defer ticker.Stop()
	percent := gcThrifty
	allocated, _ := heap()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		now, inUse := heap()
		next := gcPercent((now-allocated)/uint64(gcInterval/time.Second), inUse)
		if next != percent {
			debug.SetGCPercent(next)
		}
		allocated, percent = now, next
	}
}

// gcPercent is for so many bytes allocated a second, and in use.
func gcPercent(rate, inUse uint64) int {
	if rate >= gcBusy && inUse <= gcLittle {
		return gcBrisk
	}
	return gcThrifty
}

// heap is how many bytes have been allocated ever, and were in use at the end of the
// last collection.
func heap() (allocated, inUse uint64) {
	samples := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64(), samples[1].Value.Uint64()
}
