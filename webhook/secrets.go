package webhook

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/keyring"
)

// Secrets reads pull Secrets by name, and keeps for a short while what is in them:
// of the rest of a Secret nothing.
type Secrets struct{ short shortCache[*keyring.Secret] }

// NewSecrets makes Secrets that reads with an uncached reader: Secrets are
// never listed or watched.
func NewSecrets(live client.Reader) *Secrets {
	return &Secrets{newShortCache(func(ctx context.Context, key client.ObjectKey) (*keyring.Secret, bool, error) {
		secret := &corev1.Secret{}
		if err := live.Get(ctx, key, secret); err != nil {
			return nil, false, err
		}
		return keyring.Parse(secret), size(secret) <= maxKept, nil
	})}
}

// Read reads a Pod's pull Secrets, and reports whether any came out of the
// cache. With anew it reads them all from the API server.
func (s *Secrets) Read(ctx context.Context, namespace string, refs []corev1.LocalObjectReference, anew bool) (named []resolver.NamedSecret, cached bool) {
	named = make([]resolver.NamedSecret, len(refs))
	key := func(n int) client.ObjectKey { return client.ObjectKey{Namespace: namespace, Name: refs[n].Name} }
	var wait []int
	for n, ref := range refs {
		named[n].Name = ref.Name
		if ref.Name == "" {
			continue // the kubelet passes these over (C41)
		}
		known, ok := s.short.known(key(n))
		if !ok || anew {
			wait = append(wait, n)
			continue
		}
		named[n].Secret, cached = known, true
	}
	parallel(len(wait), func(i int) {
		n := wait[i]
		named[n].Secret, _, named[n].Err = s.short.get(ctx, key(n), anew)
	})
	return named, cached
}

// maxKept is the size, in bytes, above which a Secret is not kept: real ones have a
// few hundred, and 10,000 of a megabyte each would be all the memory there is.
const maxKept = 16 << 10

func size(secret *corev1.Secret) (n int) {
	for _, value := range secret.Data {
		n += len(value)
	}
	return n
}
