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

// leaving has each answer end its connection once ctx has ended. A client that
// keeps one would send a next request at the moment in which the server closes
// it, and a POST is not sent again.
func leaving(ctx context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ctx.Err() != nil {
			w.Header().Set("Connection", "close") // GOAWAY, in HTTP/2
		}
		next.ServeHTTP(w, r)
	})
}
