package providers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/oracle"
	"github.com/pullgate/pullgate/e2e/registry"
	"github.com/pullgate/pullgate/e2e/scripted"
)

// Programs are those that a Bench runs.
func Programs() []string {
	return []string{build.Containerd, build.KubeletProvider, build.PullgateProviders, build.FakeProvider, build.ECRProvider}
}

// Bench is what runs for all tries.
type Bench struct {
	dir      string
	programs build.Paths
	registry *scripted.Server
	node     *oracle.Node
}

// NewBench starts everything. It ends with Close, or when ctx does.
func NewBench(ctx context.Context, dir string, programs build.Paths) (*Bench, error) {
	b := &Bench{dir: dir, programs: programs}
	if err := b.start(ctx); err != nil {
		b.Close()
		return nil, fmt.Errorf("start the bench: %w", err)
	}
	return b, nil
}

func (b *Bench) start(ctx context.Context) (err error) {
	if os.Geteuid() != 0 {
		return errors.New("it needs root on Linux: containerd mounts")
	}
	if err := os.MkdirAll(b.certsD(), 0o750); err != nil {
		return err
	}
	if b.registry, err = scripted.Start(scripted.Options{}); err != nil {
		return err
	}
	// The token server: on loopback only what an administrator names is dialled.
	if err := registry.MapEndpoint(b.certsD(), b.registry.URL()); err != nil {
		return err
	}
	b.node, err = oracle.Start(ctx, oracle.Options{Containerd: b.programs[build.Containerd], CertsD: b.certsD()})
	return err
}

// certsD is the folder that says to both sides where registries are.
func (b *Bench) certsD() string { return filepath.Join(b.dir, "certs.d") }

// Close ends everything.
func (b *Bench) Close() {
	if b.node != nil {
		b.node.Stop()
	}
	if b.registry != nil {
		b.registry.Close()
	}
}
