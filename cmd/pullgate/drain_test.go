package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Unready first, and only later gone.
func TestDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		running, ready := drained(ctx, 5*time.Second)
		if err := ready(nil); err != nil {
			t.Errorf("before the signal: %v", err)
		}
		cancel()
		synctest.Wait()
		if ready(nil) == nil || running.Err() != nil {
			t.Errorf("after the signal: ready %v, running %v", ready(nil), running.Err())
		}
		time.Sleep(4 * time.Second)
		if running.Err() != nil {
			t.Error("gone before the delay is over")
		}
		time.Sleep(2 * time.Second)
		if running.Err() == nil {
			t.Error("still running after the delay")
		}
	})
}
