package certs

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// sync brings the Secret, the leaf and the caBundle to what they should be. A
// conflict on either object means that another replica was faster: everything
// is read again.
func (m *Manager) sync(ctx context.Context) error {
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		// The configuration first: see the package's documentation.
		config, configErr := m.readConfig(ctx)
		s, err := m.syncSecret(ctx)
		if err != nil {
			// Both, so that one look at the log tells all that is missing.
			// The Secret's goes first, for that is the one that can be a
			// conflict.
			return errors.Join(err, configErr)
		}
		fresh, err := m.renew(ctx, s.active)
		if err != nil {
			return errors.Join(err, configErr)
		}
		if configErr != nil {
			return configErr
		}
		if err := m.publish(ctx, config, encodeCertificates(s.bundle...)); err != nil {
			return err
		}
		m.serve(ctx, fresh)
		return nil
	})
}

// syncSecret runs the step on the Secret's content and writes it back if that
// changed anything.
func (m *Manager) syncSecret(ctx context.Context) (state, error) {
	name := client.ObjectKey{Namespace: m.options.Namespace, Name: m.options.SecretName}
	secret := &corev1.Secret{}
	if err := m.options.Client.Get(ctx, name, secret); apierrors.IsNotFound(err) {
		return state{}, fmt.Errorf("no Secret %s: create it, empty, with \"kubectl create secret generic %s --namespace %s\": %w",
			name, name.Name, name.Namespace, err)
	} else if err != nil {
		return state{}, fmt.Errorf("get Secret %s: %w", name, err)
	}

	current, problems := decodeState(secret.Data)
	wanted, changes, err := step(m.options.Clock(), current, m.dnsName, m.servingCA())
	if err != nil {
		return state{}, err
	}
	data, err := wanted.encode(secret.Data)
	if err != nil {
		return state{}, err
	}
	if maps.EqualFunc(data, secret.Data, slices.Equal[[]byte]) {
		return wanted, nil
	}
	secret.Data = data
	if err := m.options.Client.Update(ctx, secret); err != nil {
		return state{}, fmt.Errorf("update Secret %s: %w", name, err)
	}
	// Only now: a replica that lost the race has changed nothing.
	logger := log.FromContext(ctx).WithValues("secret", name.String(), "changes", changes)
	if len(problems) > 0 {
		logger.Info("Replaced unusable certificate data in the Secret", "problems", problems)
	} else {
		logger.Info("Wrote certificate data to the Secret")
	}
	return wanted, nil
}

// renew returns the leaf to serve: the present one, or a new one when there is
// none, when it is due, or when ca is no longer the CA that signed it.
//
// A new leaf is served at once when that can only be for the better. When it
// is of another CA, and the present one can still be used, it has to wait
// until that CA is published.
func (m *Manager) renew(ctx context.Context, ca *authority) (*leaf, error) {
	m.mu.RLock()
	present := m.leaf
	m.mu.RUnlock()

	now := m.options.Clock()
	if present != nil && present.issuedBy(ca.cert) && !present.due(now) {
		return present, nil
	}
	fresh, err := ca.sign(now, m.dnsName)
	if err != nil {
		return nil, err
	}
	if present == nil || !present.valid(now) || present.issuedBy(ca.cert) {
		m.serve(ctx, fresh)
	}
	return fresh, nil
}

// serve makes the leaf the one that handshakes get.
func (m *Manager) serve(ctx context.Context, fresh *leaf) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.leaf == fresh {
		return
	}
	m.leaf = fresh
	log.FromContext(ctx).Info("Serving a new certificate",
		"dnsName", m.dnsName, "serial", fresh.tls.Leaf.SerialNumber.Text(16), "notAfter", fresh.tls.Leaf.NotAfter)
}

// servingCA returns the CA of the leaf being served, nil when there is none.
func (m *Manager) servingCA() *x509.Certificate {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.leaf == nil {
		return nil
	}
	return m.leaf.issuer
}
