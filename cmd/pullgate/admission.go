package main

import (
	"context"
	"sync/atomic"

	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/pullgate/pullgate/cmd/pullgate/config"
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

func newHandler(mgr manager.Manager, c config.Configuration) (*handler, error) {
	checker, err := resolver.New(c.ResolverConfig, userAgent())
	if err != nil {
		return nil, err
	}
	decoder, err := webhook.NewDecoder()
	if err != nil {
		return nil, err
	}
	h := &handler{}
	h.inForce.Store(&rules{resolver: checker, validator: &webhook.Validator{
		Config:     c.WebhookConfig,
		Namespaces: webhook.Namespaces{Cached: mgr.GetCache(), Live: mgr.GetAPIReader()},
		Examiner: webhook.Examiner{
			Checker:  checker,
			Secrets:  webhook.NewSecrets(mgr.GetAPIReader()),
			Accounts: webhook.NewServiceAccounts(mgr.GetAPIReader()),
			Nodes:    webhook.Nodes{Cached: mgr.GetCache()},
		},
		Decoder: decoder,
	}})
	return h, nil
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
