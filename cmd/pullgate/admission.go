package main

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/pullgate/pullgate/cmd/pullgate/config"
	"github.com/pullgate/pullgate/cmd/pullgate/metrics"
	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/webhook"
)

// handler answers each admission request by the configuration that is in force
// when it comes.
type handler struct {
	inForce atomic.Pointer[rules]
}

// rules are all that a configuration determines, and never change: a new
// configuration gets new ones.
type rules struct {
	validator *webhook.Validator
	resolver  *resolver.Resolver
}

func newHandler(mgr manager.Manager, namespaces webhook.LabelGetter, nodes webhook.NodeLister, accounts webhook.AccountReader, own *resolver.NodeCredentials, c config.Configuration, registerer prometheus.Registerer) (*handler, error) {
	observer, err := metrics.New(registerer)
	if err != nil {
		return nil, fmt.Errorf("set up metrics: %w", err)
	}
	checker, err := resolver.New(c.ResolverConfig, userAgent(), resolver.WithObserver(observer), resolver.WithNodeCredentials(own))
	if err != nil {
		return nil, err
	}
	live := mgr.GetAPIReader()
	h := &handler{}
	h.inForce.Store(&rules{resolver: checker, validator: &webhook.Validator{
		Config:     c.WebhookConfig,
		Namespaces: namespaces,
		Examiner: webhook.Examiner{
			Checker:  checker,
			Secrets:  webhook.NewSecrets(live),
			Accounts: accounts,
			Nodes:    nodes,
		},
		Observer: observer,
	}})
	if err := observer.ObserveResolver(registerer, func() *resolver.Resolver { return h.inForce.Load().resolver }); err != nil {
		return nil, fmt.Errorf("set up metrics: %w", err)
	}
	return h, nil
}

// warmUp is what looks up the images of running Pods, by the rules of the start.
func (h *handler) warmUp(live client.Reader) manager.Runnable {
	v := h.inForce.Load().validator
	return &webhook.WarmUp{Live: live, Examiner: v.Examiner, Config: v.Config}
}

// Handle answers an admission request.
func (h *handler) Handle(ctx context.Context, req admission.Request) admission.Response {
	return h.inForce.Load().validator.Handle(ctx, req)
}

// apply puts a configuration into force, for requests that come from now on. If
// it fails nothing has changed. It is not for several callers at once.
func (h *handler) apply(c config.Configuration) error {
	old := h.inForce.Load()
	checker, err := old.resolver.With(c.ResolverConfig)
	if err != nil {
		return err
	}
	validator := *old.validator
	validator.Config = c.WebhookConfig
	validator.Examiner.Checker = checker
	h.inForce.Store(&rules{validator: &validator, resolver: checker})
	return nil
}
