package main

import (
	"fmt"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/pullgate/pullgate/cmd/pullgate/config"
	"github.com/pullgate/pullgate/cmd/pullgate/metrics"
	"github.com/pullgate/pullgate/cmd/pullgate/nodecredentials"
	"github.com/pullgate/pullgate/cmd/pullgate/tokens"
	"github.com/pullgate/pullgate/resolver/provider"
	"github.com/pullgate/pullgate/webhook"
)

// nodeCredentials are the credentials that nodes bring by themselves.
type nodeCredentials struct {
	*nodecredentials.Source
	ownTokens *tokens.Own
	log       logr.Logger
}

// addNodeCredentials reads which credentials nodes bring by themselves, and has the
// manager read it again when it changes.
func addNodeCredentials(mgr manager.Manager, flags nodecredentials.Flags, accounts *webhook.ServiceAccounts, registerer prometheus.Registerer) (*nodeCredentials, error) {
	n := &nodeCredentials{log: ctrl.Log.WithName("credential-providers")}
	apiServer := tokens.NewAPIServer(mgr.GetConfig())
	var err error
	if n.ownTokens, err = tokens.NewOwn(accounts, flags.TokenDir, apiServer); err != nil {
		return nil, fmt.Errorf("set up credential providers: %w", err)
	}
	counted := metrics.NewNodeCredentials()
	n.Source, err = nodecredentials.Load(flags, provider.Options{
		Observer: counted, Log: n.log,
		// Both, for the configuration may change its mind.
		Accounts: map[provider.TokenMode]provider.Accounts{
			provider.OwnTokens: n.ownTokens,
			provider.PodTokens: tokens.NewPods(accounts, mgr.GetClient(), apiServer),
		},
	}, func(warning string) { n.log.Info(warning) })
	if err != nil {
		return nil, err
	}
	if err := n.Register(registerer, counted); err != nil {
		return nil, fmt.Errorf("set up credential providers: %w", err)
	}
	for _, w := range n.Watchers(counted) {
		if err := mgr.Add(w); err != nil {
			return nil, fmt.Errorf("set up credential providers: %w", err)
		}
	}
	return n, nil
}

// warn tells the log what does no good about a configuration.
func (n *nodeCredentials) warn(c config.Configuration) {
	audiences := n.NodeCredentials().Providers().Audiences()
	for _, warning := range tokens.Warnings(c.CredentialProviders.Tokens, audiences, n.ownTokens) {
		n.log.Info(warning)
	}
}
