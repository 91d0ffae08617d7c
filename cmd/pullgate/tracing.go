package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/pullgate/pullgate/cmd/pullgate/tracing"
	"github.com/pullgate/pullgate/webhook"
)

// flushTimeout is how long the end waits for a collector of traces.
const flushTimeout = 3 * time.Second

// traced sends traces of what a handler does, if the environment asks for them.
// What is left of them is sent when the manager ends.
func traced(ctx context.Context, mgr manager.Manager, next http.Handler) (http.Handler, error) {
	provider, err := tracing.Start(ctx, tracing.Options{Version: buildVersion().Version, Log: ctrl.Log.WithName("tracing"), Getenv: os.Getenv})
	if err != nil || provider == nil {
		return next, err
	}
	flush := manager.RunnableFunc(func(ctx context.Context) error {
		<-ctx.Done()
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
		defer cancel()
		if err := provider.Shutdown(ending); err != nil {
			ctrl.Log.Error(err, "traces not sent at the end")
		}
		return nil
	})
	if err := mgr.Add(flush); err != nil {
		return nil, fmt.Errorf("set up tracing: %w", err)
	}
	return webhook.WithTracing(next, provider), nil
}
