package main

import (
	"net/http"
	"sync"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
)

// explained logs why a check fails, whenever that changes: the probe's own
// answer withholds it, and a Pod that does not become ready is what somebody
// looks at the log for.
func explained(name string, check healthz.Checker) healthz.Checker {
	var (
		mu   sync.Mutex
		last string
	)
	return func(req *http.Request) error {
		err := check(req)
		var reason string
		if err != nil {
			reason = err.Error()
		}
		mu.Lock()
		defer mu.Unlock()
		if reason != last && reason != "" {
			ctrl.Log.Info("not ready", "check", name, "reason", reason)
		}
		last = reason
		return err
	}
}
