package webhook_test

import (
	"net/http"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/webhook"
)

// The handler is served under /validate; cmd/pullgate adds the rest.
func Example() {
	var live client.Reader // a manager's API reader

	checker, err := resolver.New(resolver.DefaultConfig(), "example/1.0")
	if err != nil {
		panic(err)
	}
	http.Handle("/validate", webhook.NewHandler(&webhook.Validator{
		Config:     webhook.DefaultConfig(),
		Namespaces: &webhook.Namespaces{Live: live}, // an event handler for an informer
		Examiner: webhook.Examiner{
			Checker:  checker,
			Secrets:  webhook.NewSecrets(live),
			Accounts: webhook.NewServiceAccounts(live),
			Nodes:    &webhook.Nodes{}, // another
		},
	}))
}
