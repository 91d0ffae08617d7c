package webhook

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ServiceAccounts reads ServiceAccounts by name, and keeps for a short while
// what is of use here.
type ServiceAccounts struct{ short shortCache[ServiceAccount] }

// ServiceAccount is what is read of one.
type ServiceAccount struct {
	UID string
	// Annotations tell credential providers what to do with its tokens.
	Annotations map[string]string
	PullSecrets []corev1.LocalObjectReference
}

// maxAnnotations is the size, in bytes, of annotations above which a ServiceAccount
// is not kept: real ones have a few hundred, and the API server takes 256 KiB.
const maxAnnotations = 4 << 10

// NewServiceAccounts makes ServiceAccounts that reads with an uncached reader.
func NewServiceAccounts(live client.Reader) *ServiceAccounts {
	return &ServiceAccounts{newShortCache(func(ctx context.Context, key client.ObjectKey) (ServiceAccount, bool, error) {
		account := &corev1.ServiceAccount{}
		if err := live.Get(ctx, key, account); err != nil {
			return ServiceAccount{}, false, err
		}
		a := ServiceAccount{UID: string(account.UID), Annotations: account.Annotations, PullSecrets: account.ImagePullSecrets}
		return a, a.small(), nil
	})}
}

// small reports whether thousands like it may be kept.
func (a ServiceAccount) small() bool {
	size := 0
	for key, value := range a.Annotations {
		size += len(key) + len(value)
	}
	return size <= maxAnnotations && len(a.PullSecrets) <= maxPullSecrets
}

// Get returns a ServiceAccount, and whether it came out of the cache; with anew it
// does not. Nobody may change it.
func (a *ServiceAccounts) Get(ctx context.Context, namespace, account string, anew bool) (found ServiceAccount, cached bool, err error) {
	return a.short.get(ctx, client.ObjectKey{Namespace: namespace, Name: account}, anew)
}

// Forget has a ServiceAccount read once more by whoever asks next.
func (a *ServiceAccounts) Forget(namespace, account string) {
	a.short.forget(client.ObjectKey{Namespace: namespace, Name: account})
}

// PullSecrets returns the imagePullSecrets of a ServiceAccount, and whether they
// came out of the cache; with anew they do not. One that does not exist has
// none: it may be created with the workload, after it.
func (a *ServiceAccounts) PullSecrets(ctx context.Context, namespace, account string, anew bool) (refs []corev1.LocalObjectReference, cached bool, err error) {
	found, cached, err := a.Get(ctx, namespace, account, anew)
	if apierrors.IsNotFound(err) {
		return nil, false, nil
	}
	return found.PullSecrets, cached, err
}

func accountWords(name string) string { return fmt.Sprintf("ServiceAccount %q", name) }
