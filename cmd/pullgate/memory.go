package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// The garbage collector's percentages: how much may be allocated between two of its
// runs, of what is in use.
const (
	// frugal is less than what is usual, 100: most of a large heap is what is known of
	// images and nodes, which does not grow with the load. With 100,000 images 50 would
	// save five megabytes more, but the collector would mark two bytes for each that is
	// allocated, and a request would pay for there being many images.
	frugal = 75
	// generous is for a heap of little. By the frugal percentage of two megabytes the
	// collector would run for every thirtieth Pod, and take a tenth of the time. By 200
	// it took some 20 µs a Pod more, for four megabytes less.
	generous = 400
)

const (
	// little is the size of a heap, in bytes, up to which to be generous.
	little = 8 << 20
	// pacedEvery is how often the percentage follows the heap.
	pacedEvery = 10 * time.Second
)

// saveMemory is for the start, which makes a lot of garbage at once.
//
// There is no way to ask for a memory profile, so none is taken.
func saveMemory() {
	runtime.MemProfileRate = 0
	if collectorIsOurs() {
		debug.SetGCPercent(frugal)
	}
}

// collectorIsOurs reports whether the environment leaves the percentage to us.
func collectorIsOurs() bool { return os.Getenv("GOGC") == "" }

// pacer has the garbage collector's percentage follow the size of the heap, once
// everything is up.
func pacer() manager.Runnable {
	return manager.RunnableFunc(func(ctx context.Context) error {
		if !collectorIsOurs() {
			return nil
		}
		debug.FreeOSMemory() // that the start took
		percent := frugal
		for {
			if wanted := percentFor(liveHeap()); wanted != percent {
				percent = wanted
				debug.SetGCPercent(percent)
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(pacedEvery):
			}
		}
	})
}

func percentFor(live uint64) int {
	if live <= little {
		return generous
	}
	return frugal
}

// liveHeap is what the collector found in use when it ran last, in bytes.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
