package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/pullgate"
)

// The keys of the Secret, as certs has them.
const (
	caCertKey = "ca.crt"
	caKeyKey  = "ca.key"
	bundleKey = "ca-bundle.crt"
)

// aStep is longer than pullgate takes until it looks at its Secret and its caBundle
// again, which is a minute, and has done something about them.
const aStep = 4 * time.Minute

// certificateFaults hit the Secret with the CA, and the caBundle.
func certificateFaults() []Fault {
	return []Fault{
		{Name: "CA rotated", Within: aStep, Recovered: certified, On: func(ctx context.Context, b *Bench, _ *tally) (*broken, error) {
			return &broken{}, b.changeSecret(ctx, makeDue)
		}},
		{Name: "certificate Secret deleted", Within: aStep, Recovered: certified, On: secretDeleted},
		{Name: "certificate Secret corrupted", Within: aStep, Recovered: certified, On: func(ctx context.Context, b *Bench, _ *tally) (*broken, error) {
			return &broken{}, b.changeSecret(ctx, func(data map[string][]byte) error {
				for key := range data {
					data[key] = []byte("no PEM\n")
				}
				return nil
			})
		}},
		{Name: "caBundle overwritten", Within: aStep, On: bundleOverwritten},
	}
}

func (b *Bench) secret(ctx context.Context) (*corev1.Secret, error) {
	return b.cluster.Client().CoreV1().Secrets(pullgate.Namespace).Get(ctx, pullgate.Secret, metav1.GetOptions{})
}

// changeSecret writes the Secret as an administrator would, over whatever a replica
// may be writing.
func (b *Bench) changeSecret(ctx context.Context, change func(map[string][]byte) error) error {
	return eventually(ctx, time.Minute, 50*time.Millisecond, func(ctx context.Context) error {
		secret, err := b.secret(ctx)
		if err != nil {
			return err
		}
		if err := change(secret.Data); err != nil {
			return err
		}
		_, err = b.cluster.Client().CoreV1().Secrets(pullgate.Namespace).Update(ctx, secret, metav1.UpdateOptions{})
		return err
	})
}

// secretDeleted deletes the Secret, and in the end makes it again as applying the
// manifest does: empty.
func secretDeleted(ctx context.Context, b *Bench, _ *tally) (*broken, error) {
	secret, err := b.secret(ctx)
	if err != nil {
		return nil, err
	}
	secrets := b.cluster.Client().CoreV1().Secrets(pullgate.Namespace)
	return &broken{off: func(ctx context.Context) error {
		_, err := secrets.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: pullgate.Secret, Labels: secret.Labels}}, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			return nil
		}
		return err
	}}, secrets.Delete(ctx, pullgate.Secret, metav1.DeleteOptions{})
}

// bundleOverwritten puts another CA in place of the caBundle, as a tool does that
// applies the configuration from a file. Until a replica notices no call can
// succeed, whatever it does; how long that takes is what counts.
func bundleOverwritten(ctx context.Context, b *Bench, t *tally) (*broken, error) {
	other, err := otherCA()
	if err != nil {
		return nil, err
	}
	configurations := b.cluster.Client().AdmissionregistrationV1().ValidatingWebhookConfigurations()
	err = eventually(ctx, time.Minute, 50*time.Millisecond, func(ctx context.Context) error {
		c, err := configurations.Get(ctx, pullgate.WebhookConfiguration, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for i := range c.Webhooks {
			c.Webhooks[i].ClientConfig.CABundle = other
		}
		_, err = configurations.Update(ctx, c, metav1.UpdateOptions{FieldManager: "gitops"})
		return err
	})
	unavoidable := 0
	return &broken{
		off: func(ctx context.Context) error {
			err := eventually(ctx, aStep, 100*time.Millisecond, func(ctx context.Context) error { return certified(ctx, b) })
			// One more for each worker, whose call is under way.
			if unavoidable = t.count(failed); unavoidable > 0 {
				unavoidable += workers
			}
			return err
		},
		unavoidable: func() int { return unavoidable },
	}, err
}

// certified succeeds when the Secret holds a CA that is good for a while, active
// or staged, the caBundle is the Secret's, and every replica is trusted by it.
func certified(ctx context.Context, b *Bench) error {
	secret, err := b.secret(ctx)
	if err != nil {
		return err
	}
	if !goodForAWhile(secret.Data[caCertKey]) && !goodForAWhile(secret.Data["next-ca.crt"]) {
		return errors.New("the Secret has no CA that is good for a while")
	}
	c, err := b.cluster.Client().AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(ctx, pullgate.WebhookConfiguration, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for _, w := range c.Webhooks {
		if !bytes.Equal(w.ClientConfig.CABundle, secret.Data[bundleKey]) {
			return fmt.Errorf("the caBundle of %s is not the Secret's", w.Name)
		}
	}
	for _, r := range b.present() {
		if err := trusted(ctx, r.Address(), secret.Data[bundleKey]); err != nil {
			return err
		}
	}
	return nil
}
