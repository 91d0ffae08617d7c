package certs_test

import (
	"crypto/tls"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/pullgate/pullgate/certs"
)

// A webhook server takes its certificate from a Manager, and the Pod is ready
// when the API server trusts it.
func Example() {
	config := ctrl.GetConfigOrDie()
	// A client of its own: the manager's reads through a cache.
	live, err := client.New(config, client.Options{})
	if err != nil {
		panic(err)
	}
	keeper, err := certs.New(certs.Options{
		Client:                   live,
		Namespace:                "pullgate-system",
		ServiceName:              "pullgate",
		SecretName:               "pullgate-certs",
		WebhookConfigurationName: "pullgate",
	})
	if err != nil {
		panic(err)
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		WebhookServer: webhook.NewServer(webhook.Options{
			TLSOpts: []func(*tls.Config){
				func(c *tls.Config) { c.GetCertificate = keeper.GetCertificate },
			},
		}),
	})
	if err != nil {
		panic(err)
	}
	if err := mgr.Add(keeper); err != nil {
		panic(err)
	}
	if err := mgr.AddReadyzCheck("certificate", keeper.Ready); err != nil {
		panic(err)
	}
	if err := mgr.Start(ctrl.SetupSignalHandler()); err != nil {
		panic(err)
	}
}
