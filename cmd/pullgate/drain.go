package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/healthz"
)

// drained returns a context that ends a delay after ctx, and a readiness check
// that fails as soon as ctx ends: whoever sends requests here must have heard of
// that before the server stops taking them.
func drained(ctx context.Context, delay time.Duration) (running context.Context, ready healthz.Checker) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(delay, stop) })
	return running, func(*http.Request) error {
		if ctx.Err() != nil {
			return errors.New("shutting down")
		}
		return nil
	}
}
