package main

import (
	"context"
	"net/http"
	"net/http/httptest"
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

// Whoever keeps a connection must not find it closed when sending the next request.
func TestLeaving(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(leaving(ctx, http.NotFoundHandler()))
	t.Cleanup(server.Close)
	ends := func() bool {
		resp, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.Close
	}
	if ends() {
		t.Error("a connection ends while nothing is to stop")
	}
	cancel()
	if !ends() {
		t.Error("a connection is kept by a server that is about to stop")
	}
}
