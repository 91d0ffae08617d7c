package webhook

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/bounded"
)

const (
	// secretTTL is how old a Secret may be that lets a Pod through. A denial
	// never rests on one that was not just read.
	secretTTL  = 30 * time.Second
	maxSecrets = 10_000
)

// Secrets reads pull Secrets by name, and keeps them for a short while.
type Secrets struct {
	live  client.Reader
	cache *bounded.Cache[*corev1.Secret]
}

// NewSecrets makes Secrets that reads with an uncached reader: Secrets are
// never listed or watched.
func NewSecrets(live client.Reader) *Secrets {
	return &Secrets{live: live, cache: bounded.New[*corev1.Secret](maxSecrets)}
}

// Read reads a Pod's pull Secrets, and reports whether any came out of the
// cache. With anew it reads them all from the API server.
func (s *Secrets) Read(ctx context.Context, namespace string, refs []corev1.LocalObjectReference, anew bool) (named []resolver.NamedSecret, cached bool) {
	named = make([]resolver.NamedSecret, len(refs))
	var toRead []int
	for n, ref := range refs {
		named[n].Name = ref.Name
		if ref.Name == "" {
			continue // the kubelet passes these over (C41)
		}
		if known, ok := s.cache.Get(namespace + "/" + ref.Name); ok && !anew {
			named[n].Secret, cached = known, true
			continue
		}
		toRead = append(toRead, n)
	}
	parallel(len(toRead), func(i int) {
		n := &named[toRead[i]]
		n.Secret, n.Err = s.get(ctx, namespace, n.Name)
	})
	return named, cached
}

func (s *Secrets) get(ctx context.Context, namespace, name string) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	if err := s.live.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, secret); err != nil {
		return nil, err
	}
	slim := &corev1.Secret{Type: secret.Type, Data: map[string][]byte{}}
	slim.Name = name
	for _, key := range []string{corev1.DockerConfigJsonKey, corev1.DockerConfigKey} {
		if v, ok := secret.Data[key]; ok {
			slim.Data[key] = v
		}
	}
	s.cache.Set(namespace+"/"+name, slim, secretTTL)
	return slim, nil
}
