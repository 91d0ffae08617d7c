package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/oracle"
	"github.com/pullgate/pullgate/e2e/process"
	"github.com/pullgate/pullgate/e2e/pullgate"
	"github.com/pullgate/pullgate/e2e/scripted"
)

// Programs are those that a Bench starts.
func Programs() []string { return append(build.ControlPlane(), build.Pullgate, build.Containerd) }

// Bench is everything that runs. It needs a network namespace with Addresses.
type Bench struct {
	dir      string
	binaries build.Paths
	registry *scripted.Server
	hosts    *hosts
	cluster  *cluster.Cluster
	client   kubernetes.Interface
	// node pulls as containerd does out of the box, local by local pull.
	node, local *oracle.Node
	server      *pullgate.Server
	port        int
	// probe is a namespace for looking whether the webhook is called.
	probe  string
	listed atomic.Int64 // images on nodes
	stops  []func()
}

// NewBench starts everything. Close stops it, also when this fails halfway.
func NewBench(ctx context.Context, binaries build.Paths) (*Bench, error) {
	dir, err := os.MkdirTemp("", "pullgate-conformance-")
	if err != nil {
		return nil, fmt.Errorf("start the bench: %w", err)
	}
	b := &Bench{dir: dir, binaries: binaries}
	b.stops = append(b.stops, func() { _ = os.RemoveAll(dir) })
	if err := b.start(ctx); err != nil {
		b.Close()
		return nil, fmt.Errorf("start the bench: %w", err)
	}
	return b, nil
}

func (b *Bench) start(ctx context.Context) error {
	if err := b.startRegistry(); err != nil {
		return err
	}
	var err error
	if b.cluster, err = cluster.Start(ctx, cluster.Options{Binaries: b.binaries}); err != nil {
		return err
	}
	b.stops = append(b.stops, b.cluster.Stop)
	if b.client, err = newClient(b.cluster); err != nil {
		return err
	}
	node := oracle.Options{Containerd: b.binaries[build.Containerd], CertsD: b.hosts.node()}
	if b.node, err = oracle.Start(ctx, node); err != nil {
		return err
	}
	b.stops = append(b.stops, b.node.Stop)
	node.LocalPull, node.Header = true, scripted.SecondHeader
	if b.local, err = oracle.Start(ctx, node); err != nil {
		return err
	}
	b.stops = append(b.stops, b.local.Stop)
	if err := b.makeNodes(ctx); err != nil {
		return err
	}
	if b.probe, err = b.cluster.NewNamespace(ctx, nil); err != nil {
		return err
	}
	return b.install(ctx)
}

func (b *Bench) startRegistry() error {
	var err error
	b.registry, err = scripted.Start(scripted.Options{
		Plain:        []string{loopbackHost, plainHost, namedHost, mirrorHost},
		TLS:          []string{loopbackTLSHost, tlsHost},
		PrivateRealm: plainHost,
		ClosedRealm:  refusedHost,
	})
	if err != nil {
		return err
	}
	b.stops = append(b.stops, b.registry.Close)
	_, stop, err := process.ListenSilently(silentHost)
	if err != nil {
		return err
	}
	b.stops = append(b.stops, stop)
	b.hosts, err = newHosts(filepath.Join(b.dir, "certs.d"), b.registry.CA())
	return err
}

func (b *Bench) install(ctx context.Context) error {
	var err error
	b.port, err = pullgate.Install(ctx, b.cluster)
	b.stops = append(b.stops, b.stopPullgate)
	return err
}

// eachAlone has a registry asked whatever it answered in other tries, which share
// its host: a node that is asked to pull asks, too. A look-up may take long on a busy
// machine, and still ends well before the API server gives up.
const eachAlone = "limits:\n  backOff: 0s\n  lookupTimeout: 15s\n"

// contentFirst has pullgate look at what a plain manifest is made of before it
// answers, of every registry: asked once, it must know what a node will find.
// contentKnown is false while pullgate refuses a configuration with that field.
const (
	contentFirst = "  content: {default: wait, offFor: []}\n"
	contentKnown = true
)

// configure starts pullgate anew, with more in the registries part of its
// configuration.
func (b *Bench) configure(ctx context.Context, registries string) error {
	if contentKnown {
		registries += contentFirst
	}
	return b.configureAsIs(ctx, registries)
}

func (b *Bench) configureAsIs(ctx context.Context, registries string) error {
	b.stopPullgate()
	var err error
	b.server, err = pullgate.Start(ctx, b.cluster, pullgate.Options{
		Binary: b.binaries[build.Pullgate],
		CertsD: b.hosts.pullgate(),
		Port:   b.port,
		Config: registries + eachAlone,
	})
	if err != nil {
		return err
	}
	return b.server.WaitCalled(ctx, b.cluster, b.probe)
}

func (b *Bench) stopPullgate() {
	if b.server != nil {
		b.server.Stop()
		b.server = nil
	}
}

// Log is the end of pullgate's log.
func (b *Bench) Log() string {
	if b.server == nil {
		return ""
	}
	return b.server.Log()
}

// Close stops everything, last started first, and leaves nothing behind.
func (b *Bench) Close() {
	for i := len(b.stops) - 1; i >= 0; i-- {
		b.stops[i]()
	}
	b.stops = nil
}

// Prepare builds programs, and says what keeps a machine from running a Bench.
func Prepare(ctx context.Context, progress io.Writer, programs ...string) (build.Paths, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("it needs root on Linux: containerd mounts, and a network namespace is made")
	}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Hour)
	defer cancel()
	return build.Ensure(ctx, progress, programs...)
}
