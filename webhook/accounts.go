package webhook

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ServiceAccounts reads ServiceAccounts by name, and keeps for a short while
// what their imagePullSecrets are.
type ServiceAccounts struct {
	short shortCache[[]corev1.LocalObjectReference]
}

// NewServiceAccounts makes ServiceAccounts that reads with an uncached reader.
func NewServiceAccounts(live client.Reader) *ServiceAccounts {
	return &ServiceAccounts{newShortCache(func(ctx context.Context, key client.ObjectKey) ([]corev1.LocalObjectReference, bool, error) {
		account := &corev1.ServiceAccount{}
		if err := live.Get(ctx, key, account); err != nil {
			return nil, false, err
		}
		return account.ImagePullSecrets, len(account.ImagePullSecrets) <= maxPullSecrets, nil
	})}
}

// PullSecrets returns the imagePullSecrets of a ServiceAccount, and whether they
// came out of the cache; with anew they do not. One that does not exist has
// none: it may be created with the workload, after it.
func (a *ServiceAccounts) PullSecrets(ctx context.Context, namespace, account string, anew bool) (refs []corev1.LocalObjectReference, cached bool, err error) {
	refs, cached, err = a.short.get(ctx, client.ObjectKey{Namespace: namespace, Name: account}, anew)
	if apierrors.IsNotFound(err) {
		return nil, false, nil
	}
	return refs, cached, err
}

func accountWords(name string) string { return fmt.Sprintf("ServiceAccount %q", name) }
