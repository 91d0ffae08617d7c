package main

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/pullgate/pullgate/cmd/pullgate/metrics"
)

// addChecks adds the checks of /readyz, and exports each one's outcome: a probe
// only says that a replica is not ready, and nobody can alert on its log.
func addChecks(mgr manager.Manager, registerer prometheus.Registerer, ready map[string]healthz.Checker) error {
	errs := []error{mgr.AddHealthzCheck("ping", healthz.Ping)}
	observed := map[string]func() error{}
	for name, check := range ready {
		errs = append(errs, mgr.AddReadyzCheck(name, explained(ctrl.Log, name, check)))
		observed[name] = func() error { return check(nil) }
	}
	return errors.Join(append(errs, metrics.ObserveReady(registerer, observed))...)
}

// observeProcess exports what does not depend on requests.
func observeProcess(registerer prometheus.Registerer, certificates certificateSource) error {
	v := buildVersion()
	return errors.Join(
		metrics.ObserveBuild(registerer, v.Version, v.Commit, v.Go),
		metrics.ObserveCertificates(registerer, func() (c metrics.Certificates) {
			s := certificates.Status()
			if s.Serving != nil {
				c.Serving = s.Serving.NotAfter
			}
			if s.CA != nil {
				c.CA = s.CA.NotAfter
			}
			c.Synced = s.Err == nil
			return c
		}))
}

// starting is how long a replica may take to become ready without a word in the
// log: the kubelet's first probe often comes before the first list does, and
// whoever looks for the cause of something else must not find that.
const starting = 10 * time.Second

// explained logs why a check fails, whenever that changes: the probe's own
// answer withholds it, and a Pod that does not become ready is what somebody
// looks at the log for.
func explained(log logr.Logger, name string, check healthz.Checker) healthz.Checker {
	var (
		mu     sync.Mutex
		logged string
		was    bool // ready, once
		begun  = time.Now()
	)
	return func(req *http.Request) error {
		err := check(req)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			was, logged = true, ""
		case !was && time.Since(begun) < starting:
		case err.Error() != logged:
			logged = err.Error()
			log.Info("not ready", "check", name, "reason", logged)
		}
		return err
	}
}
