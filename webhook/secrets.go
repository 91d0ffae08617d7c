package webhook

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/pullgate/pullgate/resolver"
)

// Secrets reads pull Secrets by name, and keeps them for a short while.
type Secrets struct{ short shortCache[*corev1.Secret] }

// NewSecrets makes Secrets that reads with an uncached reader: Secrets are
// never listed or watched.
func NewSecrets(live client.Reader) *Secrets {
	return &Secrets{newShortCache(func(ctx context.Context, key client.ObjectKey) (*corev1.Secret, error) {
		secret := &corev1.Secret{}
		if err := live.Get(ctx, key, secret); err != nil {
			return nil, err
		}
		return slimSecret(secret), nil
	})}
}

// Read reads a Pod's pull Secrets, and reports whether any came out of the
// cache. With anew it reads them all from the API server.
func (s *Secrets) Read(ctx context.Context, namespace string, refs []corev1.LocalObjectReference, anew bool) (named []resolver.NamedSecret, cached bool) {
	named = make([]resolver.NamedSecret, len(refs))
	fromCache := make([]bool, len(refs))
	parallel(len(refs), func(n int) {
		named[n].Name = refs[n].Name
		if named[n].Name == "" {
			return // the kubelet passes these over (C41)
		}
		key := client.ObjectKey{Namespace: namespace, Name: named[n].Name}
		named[n].Secret, fromCache[n], named[n].Err = s.short.get(ctx, key, anew)
	})
	for _, c := range fromCache {
		cached = cached || c
	}
	return named, cached
}

// slimSecret keeps what is read of a pull Secret.
func slimSecret(secret *corev1.Secret) *corev1.Secret {
	slim := &corev1.Secret{Type: secret.Type, Data: map[string][]byte{}}
	slim.Name = secret.Name
	for _, key := range []string{corev1.DockerConfigJsonKey, corev1.DockerConfigKey} {
		if v, ok := secret.Data[key]; ok {
			slim.Data[key] = v
		}
	}
	return slim
}
