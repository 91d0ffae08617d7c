package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
)

// gcPercent is the percentage in force.
func gcPercent() int {
	percent := debug.SetGCPercent(frugal)
	debug.SetGCPercent(percent)
	return percent
}

func TestPacer(t *testing.T) {
	t.Setenv("GOGC", "")
	defer debug.SetGCPercent(gcPercent())
	paced := func(held int) int {
		saveMemory()
		hold := make([]byte, held)
		runtime.GC()
		ctx, stop := context.WithCancel(t.Context())
		stop() // after the first look
		if err := pacer().Start(ctx); err != nil {
			t.Fatal(err)
		}
		runtime.KeepAlive(hold)
		return gcPercent()
	}
	if before := liveHeap(); before > little {
		t.Fatalf("the test itself holds %d bytes", before)
	}
	if got := paced(0); got != generous {
		t.Errorf("small heap: %d, want %d", got, generous)
	}
	if got := paced(2 * little); got != frugal {
		t.Errorf("large heap: %d, want %d", got, frugal)
	}
	t.Setenv("GOGC", "77")
	debug.SetGCPercent(77)
	if got := paced(0); got != 77 {
		t.Errorf("with GOGC in the environment: %d, want it left alone", got)
	}
}
