package certs

import (
	"bytes"
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	applyv1 "k8s.io/client-go/applyconfigurations/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// fieldManager owns the caBundle in the webhook configuration's managedFields.
const fieldManager = "pullgate"

// readConfig reads the webhook configuration and remembers its caBundles for
// Ready. A failure to read it leaves them as they were; its absence does not.
func (m *Manager) readConfig(ctx context.Context) (*admissionv1.ValidatingWebhookConfiguration, error) {
	name := m.options.WebhookConfigurationName
	config := &admissionv1.ValidatingWebhookConfiguration{}
	switch err := m.options.Client.Get(ctx, client.ObjectKey{Name: name}, config); {
	case apierrors.IsNotFound(err):
		m.setLive(nil)
		return nil, fmt.Errorf("no ValidatingWebhookConfiguration %q: create it, or give the name of the one that calls this webhook: %w", name, err)
	case err != nil:
		return nil, fmt.Errorf("get ValidatingWebhookConfiguration %q: %w", name, err)
	}
	live := make([][]byte, 0, len(config.Webhooks))
	for _, webhook := range config.Webhooks {
		live = append(live, webhook.ClientConfig.CABundle)
	}
	m.setLive(live)
	if len(live) == 0 {
		return nil, fmt.Errorf("ValidatingWebhookConfiguration %q has no webhooks", name)
	}
	return config, nil
}

// publish sets the caBundle of every webhook in config to bundle, unless they
// all have it already. The error is a conflict when config is no longer what
// the API server has.
func (m *Manager) publish(ctx context.Context, config *admissionv1.ValidatingWebhookConfiguration, bundle []byte) error {
	drifted := 0
	live := make([][]byte, 0, len(config.Webhooks))
	// The UID keeps the apply from creating a configuration that was deleted
	// since: the API server answers with a conflict. The resourceVersion keeps
	// it from bringing back a webhook, or a bundle, that was replaced since.
	apply := applyv1.ValidatingWebhookConfiguration(config.Name).
		WithUID(config.UID).
		WithResourceVersion(config.ResourceVersion)
	for _, webhook := range config.Webhooks {
		if !bytes.Equal(webhook.ClientConfig.CABundle, bundle) {
			drifted++
		}
		live = append(live, bundle)
		apply.WithWebhooks(applyv1.ValidatingWebhook().
			WithName(webhook.Name).
			WithClientConfig(applyv1.WebhookClientConfig().WithCABundle(bundle...)))
	}
	if drifted == 0 {
		return nil
	}
	// Forced, because a tool that applies the whole configuration may have
	// taken the field.
	if err := m.options.Client.Apply(ctx, apply, client.FieldOwner(fieldManager), client.ForceOwnership); err != nil {
		return fmt.Errorf("write the caBundle of ValidatingWebhookConfiguration %q: %w", config.Name, err)
	}
	m.setLive(live)
	log.FromContext(ctx).Info("Wrote the caBundle",
		"validatingWebhookConfiguration", config.Name, "webhooks", drifted)
	return nil
}

func (m *Manager) setLive(live [][]byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.live = live
}
