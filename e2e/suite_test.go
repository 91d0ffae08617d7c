package e2e

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"k8s.io/client-go/dynamic"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/process"
	"github.com/pullgate/pullgate/e2e/pullgate"
	"github.com/pullgate/pullgate/e2e/registry"
)

// The host names of the registries. They exist in the certs.d folder only.
const (
	openHost    = "registry.example.com"
	privateHost = "private.example.com" // htpasswd
	tokenHost   = "token.example.com"
	outageHost  = "outage.example.com"  // testRegistryStopped stops it
	strictHost  = "gone.example.com"    // nothing listens there, for testStrict
	downHost    = "down.example.com"    // nothing listens there
	silentHost  = "silent.example.com"  // takes connections and says nothing
	oddHost     = "odd.example.com"     // oddRegistry
	plantedHost = "planted.example.com" // plantedRegistry
	keyedHost   = "keyed.example.com"   // the same, with a header in hosts.toml
	// Its certificate is nobody's: untrustedRegistry.
	untrustedHost = "untrusted.example.com"
	limitedHost   = "limited.example.com" // limitedRegistry
)

// The user that the private registries know.
const (
	user     = "ci"
	password = "correct-horse"
)

const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  resources:
  - {group: "", resources: [pods, pods/ephemeralcontainers, podtemplates, replicationcontrollers]}
  - {group: apps}
  - {group: batch}
- level: None
`

// suite is what the cases share.
type suite struct {
	binaries build.Paths
	certsD   string
	cluster  *cluster.Cluster
	dynamic  dynamic.Interface
	audit    *auditLog
	server   *pullgate.Server
	open     *registry.Registry
	private  *registry.Registry
	token    *registry.Registry
	outage   *registry.Registry
	planted  *plantedRegistry
}

// newSuite starts everything. All of it ends with the test, and also when the
// test is interrupted.
func newSuite(t *testing.T) *suite {
	t.Helper()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	t.Cleanup(stop)

	s := &suite{certsD: t.TempDir()}
	var err error
	if s.binaries, err = build.Ensure(ctx, os.Stderr, build.All()...); err != nil {
		t.Fatal(err)
	}

	users := map[string]registry.User{user: {Password: password, Pull: []string{"acme/private"}}}
	s.open = s.startRegistry(ctx, t, registry.Options{})
	s.outage = s.startRegistry(ctx, t, registry.Options{})
	s.private = s.startRegistry(ctx, t, registry.Options{Mode: registry.Htpasswd, Users: users})
	s.token = s.startRegistry(ctx, t, registry.Options{Mode: registry.Token, Users: users, Public: []string{"acme/public"}})
	s.writeCertsD(t)

	if s.cluster, err = cluster.Start(ctx, cluster.Options{Binaries: s.binaries, AuditPolicy: auditPolicy, ControllerManager: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.cluster.Stop)
	if s.dynamic, err = newDynamic(s.cluster); err != nil {
		t.Fatal(err)
	}
	s.audit = &auditLog{path: s.cluster.AuditLog(), events: map[string]map[string]string{}}
	s.startPullgate(ctx, t)
	return s
}

func (s *suite) startRegistry(ctx context.Context, t *testing.T, o registry.Options) *registry.Registry {
	t.Helper()
	o.Binary = s.binaries[build.Registry]
	r, err := registry.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func (s *suite) writeCertsD(t *testing.T) {
	t.Helper()
	err := registry.CertsD(s.certsD, map[string]*registry.Registry{
		openHost: s.open, privateHost: s.private, tokenHost: s.token, outageHost: s.outage,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.planted = newPlantedRegistry(t)
	if err := s.planted.mapHosts(s.certsD, plantedHost, keyedHost); err != nil {
		t.Fatal(err)
	}
	ports, err := process.FreePorts(2)
	if err != nil {
		t.Fatal(err)
	}
	for host, url := range map[string]string{
		downHost:      "http://" + process.Loopback(ports[0]),
		strictHost:    "http://" + process.Loopback(ports[1]),
		silentHost:    "http://" + silentListener(t),
		oddHost:       "http://" + oddRegistry(t),
		untrustedHost: untrustedRegistry(t),
		limitedHost:   limitedRegistry(t),
	} {
		if err := registry.MapHost(s.certsD, host, url, ""); err != nil {
			t.Fatal(err)
		}
	}
}

// silentListener takes connections and never says anything.
func silentListener(t *testing.T) string {
	t.Helper()
	address, stop, err := process.ListenSilently(process.Loopback(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return address
}

func (s *suite) startPullgate(ctx context.Context, t *testing.T) {
	t.Helper()
	port, err := pullgate.Install(ctx, s.cluster)
	if err != nil {
		t.Fatal(err)
	}
	s.server, err = pullgate.Start(ctx, s.cluster, pullgate.Options{
		Binary: s.binaries[build.Pullgate],
		CertsD: s.certsD,
		Port:   port,
		Config: suiteConfig,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.server.Stop()
		if t.Failed() {
			t.Logf("the log of pullgate ends:\n%s", s.server.Log())
		}
	})
	if err := s.server.WaitCalled(ctx, s.cluster, s.namespace(t, nil)); err != nil {
		t.Fatal(err)
	}
}
