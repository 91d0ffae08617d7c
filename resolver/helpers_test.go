package resolver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/resolver/content"
	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/registry"
	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// patient is the default configuration, but that a look-up may take as long as it
// needs: how long that is on a busy machine is nothing to a test. Nor is the content
// of images read, which has tests of its own.
func patient() Config {
	config := DefaultConfig()
	config.Registries.Content = content.Config{Default: content.Off}
	config.Limits.LookupTimeout.Duration = time.Hour
	return config
}

// inBubble runs a test by a clock of its own. No time passes there but while all wait,
// so that what has a time limit, or is kept for a while, does not depend on how fast the
// machine is. The registries must be those of a registrytest.Network.
func inBubble(t *testing.T, f func(*testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		// Look-ups that nobody waits for any more must end too. The servers are gone then.
		t.Cleanup(func() { time.Sleep(2 * patient().Limits.LookupTimeout.Duration) })
		f(t)
	})
}

// runInBubble is inBubble for a subtest.
func runInBubble(t *testing.T, name string, f func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { inBubble(t, f) })
}

// allocated is how much memory is allocated meanwhile, in bytes.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// serve makes a Resolver for which registry.test is a handler, and counts the requests
// that reach it.
func serve(t *testing.T, handler http.HandlerFunc) (*Resolver, *atomic.Int64) {
	t.Helper()
	var requests atomic.Int64
	r := resolverFor(t, patient(), map[string]http.Handler{"registry.test": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		handler(w, r)
	})})
	return r, &requests
}

// resolverFor makes a Resolver that finds each host's handler under its name.
func resolverFor(t *testing.T, config Config, hosts map[string]http.Handler) *Resolver {
	t.Helper()
	var network registrytest.Network
	config.Registries.ConfigDir = t.TempDir()
	for host, handler := range hosts {
		network.Serve(t, host, handler)
		registrytest.Map(t, config.Registries.ConfigDir, host, fmt.Sprintf("server = %q\n", "http://"+host))
	}
	r := newResolver(t, config)
	r.client = registry.NewClient(registry.Options{ConfigDir: config.Registries.ConfigDir, UserAgent: "pullgate/test", Wrap: network.Wrap})
	return r
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
	return rawSecret(t, name, string(data))
}

func rawSecret(t testing.TB, name, config string) *keyring.Secret {
	t.Helper()
	return keyring.Parse(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Type:       corev1.SecretTypeDockerConfigJson,
		Data:       map[string][]byte{corev1.DockerConfigJsonKey: []byte(config)},
	})
}
