package main

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"path/filepath"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/pullgate/pullgate/certs"
)

// certificateSource is where the serving certificate comes from.
type certificateSource interface {
	manager.Runnable
	GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
	Ready(*http.Request) error
	Status() certs.Status
}

// newCertificates takes certificates from a folder if there is one, and else
// makes them.
func newCertificates(o webhookOptions, restConfig *rest.Config, scheme *runtime.Scheme) (certificateSource, error) {
	if o.tlsCertDir != "" {
		watcher, err := certwatcher.New(filepath.Join(o.tlsCertDir, "tls.crt"), filepath.Join(o.tlsCertDir, "tls.key"))
		if err != nil {
			return nil, fmt.Errorf("--tls-cert-dir: %w", err)
		}
		return watched{watcher}, nil
	}
	live, err := client.New(restConfig, client.Options{Scheme: scheme, Mapper: newMapper()})
	if err != nil {
		return nil, fmt.Errorf("set up a client: %w", err)
	}
	return certs.New(certs.Options{
		Client:                   live,
		Namespace:                o.namespace,
		ServiceName:              o.serviceName,
		SecretName:               o.secretName,
		WebhookConfigurationName: o.webhookConfigName,
	})
}

// watched is certificates from outside, which are there from the start.
type watched struct{ *certwatcher.CertWatcher }

// Ready is always nil.
func (watched) Ready(*http.Request) error { return nil }

// Status knows of the certificate; who signs it, and whether that goes well, is
// known elsewhere.
func (w watched) Status() certs.Status {
	current, err := w.GetCertificate(nil)
	if err != nil {
		return certs.Status{Err: err}
	}
	return certs.Status{Serving: current.Leaf}
}
