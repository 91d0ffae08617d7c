package check

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/keyring"
)

// sources gives the pull Secrets, as a webhook.SecretReader, and ServiceAccounts,
// as a webhook.AccountReader. Those of the manifests win over the cluster's: they
// are what the cluster's will be; but see named. A local login takes the place of
// all.
type sources struct {
	secrets  map[types.NamespacedName]*corev1.Secret
	accounts map[types.NamespacedName]*corev1.ServiceAccount
	cluster  *cluster // nil if noCluster is not
	// noCluster is why there is no cluster.
	noCluster error
	login     []resolver.NamedSecret // nil if it is not asked for

	mu sync.Mutex
	// unread is why something could not be read, by its kind and name.
	unread map[string]error
}

// Read reads pull Secrets. None comes out of a cache: all are read once.
func (s *sources) Read(ctx context.Context, namespace string, refs []corev1.LocalObjectReference, _ bool) ([]resolver.NamedSecret, bool) {
	if s.login != nil {
		return s.login, false
	}
	named := make([]resolver.NamedSecret, len(refs))
	for n, ref := range refs {
		named[n].Name = ref.Name
		if ref.Name == "" {
			continue
		}
		secret, err := s.secret(ctx, types.NamespacedName{Namespace: namespace, Name: ref.Name})
		if err != nil {
			named[n].Err = err
			continue
		}
		named[n].Secret = keyring.Parse(secret)
	}
	return named, false
}

func (s *sources) secret(ctx context.Context, key types.NamespacedName) (*corev1.Secret, error) {
	if secret, ok := s.secrets[key]; ok {
		return secret, nil
	}
	if s.cluster == nil {
		return nil, s.noCluster
	}
	secret, err := s.cluster.secret(ctx, key)
	if err != nil && !apierrors.IsNotFound(err) {
		s.note(secretKey(key.Namespace, key.Name), err)
	}
	return secret, err
}

// PullSecrets returns the imagePullSecrets of a ServiceAccount. Where nobody can
// be asked it is taken to have none, as one has that nobody changed; see assumed.
func (s *sources) PullSecrets(ctx context.Context, namespace, account string, _ bool) (refs []corev1.LocalObjectReference, cached bool, err error) {
	key := types.NamespacedName{Namespace: namespace, Name: account}
	if refs := s.named(key); refs != nil {
		return refs, false, nil
	}
	if s.login != nil || s.cluster == nil {
		return nil, false, nil
	}
	found, err := s.cluster.account(ctx, key)
	switch {
	case apierrors.IsNotFound(err):
		return nil, false, nil // it may be created with the workload, after it
	case err != nil:
		s.note(accountKey(namespace, account), err)
		return nil, false, err
	}
	return found.ImagePullSecrets, false, nil
}

// named are the imagePullSecrets that the manifests name for a ServiceAccount; nil
// if they do not have the field. Then it keeps what it has in the cluster: kubectl
// apply leaves alone what a manifest does not name, and charts bring bare
// ServiceAccounts to which somebody else adds the Secrets.
func (s *sources) named(key types.NamespacedName) []corev1.LocalObjectReference {
	if account, ok := s.accounts[key]; ok {
		return account.ImagePullSecrets
	}
	return nil
}

// assumed reports whether PullSecrets only takes a ServiceAccount to have none.
func (s *sources) assumed(namespace, account string) bool {
	named := s.named(types.NamespacedName{Namespace: namespace, Name: account}) != nil
	return !named && s.login == nil && s.cluster == nil
}

func (s *sources) note(what string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unread == nil {
		s.unread = map[string]error{}
	}
	s.unread[what] = err
}

// whyUnread is why a Secret that a target names, or its ServiceAccount, could not
// be read; nil if it is not known.
func (s *sources) whyUnread(t target) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ref := range t.spec.ImagePullSecrets {
		if err := s.unread[secretKey(t.namespace, ref.Name)]; err != nil {
			return err
		}
	}
	if err := s.unread[accountKey(t.namespace, t.spec.ServiceAccount())]; err != nil {
		return err
	}
	if s.cluster == nil && s.login == nil {
		return s.noCluster
	}
	return nil
}

func secretKey(namespace, name string) string  { return fmt.Sprintf("Secret %s/%s", namespace, name) }
func accountKey(namespace, name string) string { return fmt.Sprintf("account %s/%s", namespace, name) }
