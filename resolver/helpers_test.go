package resolver

import (
	"encoding/json"
	"net/http"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// serve makes a Resolver for which registry.test is a handler on loopback, and
// counts the requests that reach it.
func serve(t *testing.T, handler http.HandlerFunc) (*Resolver, *atomic.Int64) {
	t.Helper()
	var requests atomic.Int64
	dir, _ := registrytest.Serve(t, "registry.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		handler(w, r)
	}))
	config := DefaultConfig()
	config.Registries.ConfigDir = dir
	return newResolver(t, config), &requests
}

func newResolver(t *testing.T, config Config) *Resolver {
	t.Helper()
	r, err := New(config, "pullgate/test")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// credentials are those of a Pod in namespace dev whose one Secret "regcred"
// covers registry.test.
func credentials(t testing.TB, username, password string) *Credentials {
	t.Helper()
	return NewCredentials("dev", []NamedSecret{{Name: "regcred", Secret: pullSecret(t, "regcred", "registry.test", username, password)}})
}

func pullSecret(t testing.TB, name, host, username, password string) *keyring.Secret {
	t.Helper()
	data, err := json.Marshal(map[string]any{"auths": map[string]any{host: map[string]string{"username": username, "password": password}}})
	if err != nil {
		t.Fatal(err)
	}
	return keyring.Parse(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Type:       corev1.SecretTypeDockerConfigJson,
		Data:       map[string][]byte{corev1.DockerConfigJsonKey: data},
	})
}
