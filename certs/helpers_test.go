package certs

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"sync"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

const testName = "pullgate.pullgate-system.svc"

var epoch = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// clock is a clock that stands still until it is set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: epoch} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func emptySecret() *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "pullgate-system", Name: "pullgate-certs"}}
}

func webhookConfig(webhooks ...string) *admissionv1.ValidatingWebhookConfiguration {
	config := &admissionv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "pullgate", UID: "5d1cfb4e-1c4a-4e0e-9c39-2b6f6f6f6f6f"},
	}
	for _, name := range webhooks {
		none, path := admissionv1.SideEffectClassNone, "/validate"
		config.Webhooks = append(config.Webhooks, admissionv1.ValidatingWebhook{
			Name:                    name,
			SideEffects:             &none,
			AdmissionReviewVersions: []string{"v1"},
			ClientConfig: admissionv1.WebhookClientConfig{
				Service: &admissionv1.ServiceReference{Namespace: "pullgate-system", Name: "pullgate", Path: &path},
			},
		})
	}
	return config
}

// cluster is an API server that counts the writes it is asked for.
type cluster struct {
	client.Client
	mu               sync.Mutex
	updates, applies int
	// Before each write, unless nil; an error is the write's answer.
	beforeUpdate, beforeApply func() error
	applied                   []byte // the last one, as it was sent
}

func newCluster(objects ...client.Object) *cluster {
	c := &cluster{}
	c.Client = fake.NewClientBuilder().WithScheme(scheme.Scheme).WithObjects(objects...).WithReturnManagedFields().
		WithInterceptorFuncs(interceptor.Funcs{
			Update: func(ctx context.Context, w client.WithWatch, obj client.Object, opts ...client.UpdateOption) error {
				if err := c.count(&c.updates, c.beforeUpdate); err != nil {
					return err
				}
				return w.Update(ctx, obj, opts...)
			},
			Apply: func(ctx context.Context, w client.WithWatch, obj runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
				if err := c.count(&c.applies, c.beforeApply); err != nil {
					return err
				}
				sent, err := json.Marshal(obj)
				if err != nil {
					return err
				}
				c.mu.Lock()
				c.applied = sent
				c.mu.Unlock()
				return w.Apply(ctx, obj, opts...)
			},
		}).Build()
	return c
}

func (c *cluster) count(counter *int, before func() error) error {
	c.mu.Lock()
	*counter++
	c.mu.Unlock()
	if before != nil {
		return before()
	}
	return nil
}

// writes returns the number of writes to each object since the last call.
func (c *cluster) writes() (updates, applies int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	updates, applies = c.updates, c.applies
	c.updates, c.applies = 0, 0
	return updates, applies
}

func (c *cluster) secret(t *testing.T) *corev1.Secret {
	t.Helper()
	secret := emptySecret()
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(secret), secret); err != nil {
		t.Fatal(err)
	}
	return secret
}

func (c *cluster) setData(t *testing.T, change func(data map[string][]byte)) {
	t.Helper()
	secret := c.secret(t)
	if secret.Data == nil {
		secret.Data = map[string][]byte{}
	}
	change(secret.Data)
	if err := c.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
}

func (c *cluster) config(t *testing.T) *admissionv1.ValidatingWebhookConfiguration {
	t.Helper()
	config := &admissionv1.ValidatingWebhookConfiguration{}
	if err := c.Get(t.Context(), client.ObjectKey{Name: "pullgate"}, config); err != nil {
		t.Fatal(err)
	}
	return config
}

func newManager(t *testing.T, c client.Client, clock *clock) *Manager {
	t.Helper()
	m, err := New(Options{
		Client: c, Namespace: "pullgate-system", ServiceName: "pullgate", SecretName: "pullgate-certs",
		WebhookConfigurationName: "pullgate", Clock: clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func mustRun(t *testing.T, m *Manager) {
	t.Helper()
	if err := m.run(t.Context()); err != nil {
		t.Fatalf("step: %v", err)
	}
}

func mustAuthority(t *testing.T, now time.Time, dnsName string) *authority {
	t.Helper()
	a, err := newAuthority(now, dnsName)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func mustEncode(t *testing.T, s state) map[string][]byte {
	t.Helper()
	data, err := s.encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func mustKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func certsOf(authorities ...*authority) []*x509.Certificate {
	var out []*x509.Certificate
	for _, a := range authorities {
		out = append(out, a.cert)
	}
	return out
}
