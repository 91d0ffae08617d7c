package main

import (
	"context"
	"runtime/debug"
	"testing"
	"time"
)

func TestGCPercent(t *testing.T) {
	for name, tc := range map[string]struct {
		rate, inUse uint64
		want        int
	}{
		"idle":                {0, 3 << 20, gcThrifty},
		"a few requests":      {1 << 20, 3 << 20, gcThrifty},
		"many requests":       {20 << 20, 3 << 20, gcBrisk},
		"many, and much kept": {20 << 20, 60 << 20, gcThrifty},
	} {
		if got := gcPercent(tc.rate, tc.inUse); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}

func TestGCPaceFollowsTheLoad(t *testing.T) {
	before := debug.SetGCPercent(gcThrifty)
	defer debug.SetGCPercent(before)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- gcPace{}.Start(ctx) }()
	garbage := make([][]byte, 16)
	for end := time.Now().Add(gcInterval + time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		for n := range garbage {
			garbage[n] = make([]byte, 64<<10) // some 80 MiB a second
		}
	}
	if got := debug.SetGCPercent(gcThrifty); got != gcBrisk {
		t.Errorf("under load: %d, want %d", got, gcBrisk)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
