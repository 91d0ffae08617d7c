package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

const (
	defaultInterval = time.Minute

	// The first wait after a failed step; it doubles from there up to the
	// interval.
	firstRetry = 250 * time.Millisecond

	// A step is five requests at most, but an API server that accepts a
	// connection and then says nothing must not hold it for ever.
	stepTimeout = 30 * time.Second
)

// Options name the objects that a [Manager] works on. All fields without a
// default are required.
type Options struct {
	// Client reads and writes the two objects. It must ask the API server
	// itself: a cache would need list and watch on Secrets, and would answer
	// with what has been.
	Client client.Client

	// Namespace holds the Service and the Secret.
	Namespace string

	// ServiceName is the Service in the clientConfig of the webhooks. The
	// certificate is for <ServiceName>.<Namespace>.svc and nothing else.
	ServiceName string

	// SecretName is the Secret that holds the CA. It must exist; its content
	// is made here.
	SecretName string

	// WebhookConfigurationName is the ValidatingWebhookConfiguration whose
	// webhooks, all of them, get the caBundle. It must exist.
	WebhookConfigurationName string

	// Interval is the time from one look at the two objects to the next, and
	// so the longest time that a change to them by others stays. Up to a
	// tenth is added at random, for replicas that started together. Default:
	// one minute.
	Interval time.Duration

	// Clock tells the time that certificates are made and judged by. Default:
	// time.Now.
	Clock func() time.Time
}

// Manager keeps a serving certificate and the trust in it. Make one with
// [New]; all its methods may be called at the same time.
type Manager struct {
	options Options
	dnsName string

	mu sync.RWMutex
	// leaf is what is served; nil before the first successful step.
	leaf *leaf
	// live holds the caBundle of each webhook as the API server has it, when
	// last heard of; nil when not known, or when there is no webhook.
	live [][]byte
	// err is the outcome of the last step.
	err error
}

// New checks the options and returns a Manager that does nothing until it is
// started. The error names every option that is missing or invalid.
func New(options Options) (*Manager, error) {
	var errs []error
	if options.Client == nil {
		errs = append(errs, errors.New("certs: no Client"))
	}
	for _, required := range []struct{ name, value string }{
		{"Namespace", options.Namespace},
		{"ServiceName", options.ServiceName},
		{"SecretName", options.SecretName},
		{"WebhookConfigurationName", options.WebhookConfigurationName},
	} {
		if required.value == "" {
			errs = append(errs, fmt.Errorf("certs: no %s", required.name))
		}
	}
	if options.Interval < 0 {
		errs = append(errs, fmt.Errorf("certs: Interval is negative: %s", options.Interval))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if options.Interval == 0 {
		options.Interval = defaultInterval
	}
	if options.Clock == nil {
		options.Clock = time.Now
	}
	return &Manager{
		options: options,
		dnsName: serviceName(options.ServiceName, options.Namespace),
		err:     errors.New("not started"),
	}, nil
}

// Start runs a step at once and then one every Interval, until ctx is done. A
// failed step is logged and tried again after a wait that grows from a quarter
// of a second to Interval. It returns nil: nothing that it meets is a reason to
// stop serving.
func (m *Manager) Start(ctx context.Context) error {
	logger := log.FromContext(ctx).WithName("certs")
	ctx = log.IntoContext(ctx, logger)
	retry := firstRetry
	for {
		delay := m.options.Interval
		err := m.run(ctx)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // asked to stop, so the step was cut short
		case err == nil:
			retry = firstRetry
		default:
			delay, retry = min(retry, delay), min(2*retry, delay)
			logger.Error(err, "Certificate step failed", "retryAfter", delay.String())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait.Jitter(delay, 0.1)):
		}
	}
}

// NeedLeaderElection returns false: every replica needs a certificate.
func (m *Manager) NeedLeaderElection() bool { return false }

// run does one step under a time limit and keeps its outcome for Ready.
func (m *Manager) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	err := m.sync(ctx)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
	return err
}

// GetCertificate returns the certificate to serve, whatever name is asked for;
// it is meant for [tls.Config.GetCertificate]. It is an error before the first
// successful step.
func (m *Manager) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.leaf == nil {
		return nil, fmt.Errorf("no serving certificate yet: %w", m.err)
	}
	return m.leaf.tls, nil
}

// Ready is a readiness check in the form of controller-runtime's
// healthz.Checker. It returns nil when there is a certificate, and the caBundle
// of every webhook, as the API server was last heard to have it, trusts it now.
// A step that fails without news of these two does not make a replica unready:
// while the API server cannot be reached, what it knew last still holds.
func (m *Manager) Ready(*http.Request) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.leaf == nil {
		return fmt.Errorf("no serving certificate yet: %w", m.err)
	}
	if err := m.trusted(); err != nil {
		return errors.Join(err, m.err)
	}
	return nil
}

// Status is what is to be known of the certificates.
type Status struct {
	// Serving is the certificate that is served and CA the one that signed it,
	// nil before the first successful step.
	Serving, CA *x509.Certificate
	// Err is the outcome of the last step.
	Err error
}

// Status returns the present status.
func (m *Manager) Status() Status {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s := Status{Err: m.err}
	if m.leaf != nil {
		s.Serving, s.CA = m.leaf.tls.Leaf, m.leaf.issuer
	}
	return s
}

// trusted tells why the API server would not trust the leaf, or nil. The
// caller holds mu.
func (m *Manager) trusted() error {
	name := m.options.WebhookConfigurationName
	if len(m.live) == 0 {
		return fmt.Errorf("no caBundle known of ValidatingWebhookConfiguration %q", name)
	}
	for i, bundle := range m.live {
		if err := m.leaf.trustedBy(bundle, m.options.Clock(), m.dnsName); err != nil {
			return fmt.Errorf("caBundle of ValidatingWebhookConfiguration %q, webhooks[%d], does not trust the serving certificate: %w", name, i, err)
		}
	}
	return nil
}
