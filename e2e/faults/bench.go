package faults

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/faults/balancer"
	"github.com/pullgate/pullgate/e2e/faults/nameserver"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

// replicaCount is the Deployment's.
const replicaCount = 2

// What the webhook's timeoutSeconds gives a call.
const (
	// UsersDeadline is the manifest's. On a machine that is busy with other things an
	// answer may come too late that was there in time.
	UsersDeadline = 5 * time.Second
	// PatientDeadline is the longest that there is.
	PatientDeadline = 30 * time.Second
)

// Bench is all that runs.
type Bench struct {
	binaries build.Paths
	deadline time.Duration
	sites    *sites
	plugins  *plugins
	teams    teams
	cluster  *cluster.Cluster
	balancer *balancer.Balancer
	names    *nameserver.Server
	clock    string // the file that moves the clock of movable replicas
	kinds    []specimen
	load     *load
	undo     []func()

	// movable says which binary new replicas run.
	movable bool

	mu       sync.Mutex
	replicas []*replica
}

// Prepare builds what the faults take.
func Prepare(ctx context.Context, progress io.Writer, faults []Fault) (build.Paths, error) {
	programs := append(build.Basic(), build.FakeProvider)
	for _, f := range faults {
		if f.Movable {
			programs = append(programs, build.PullgateMovable)
			break
		}
	}
	return build.Ensure(ctx, progress, programs...)
}

// NewBench starts everything, with a deadline for the webhook's calls. It ends with
// Close; a start that fails leaves nothing behind.
func NewBench(ctx context.Context, binaries build.Paths, deadline time.Duration) (*Bench, error) {
	b := &Bench{binaries: binaries, deadline: deadline}
	if err := b.start(ctx); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Close stops everything, last started first.
func (b *Bench) Close() {
	for i := len(b.undo) - 1; i >= 0; i-- {
		b.undo[i]()
	}
	b.undo = nil
}

func (b *Bench) start(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "pullgate-faults-")
	if err != nil {
		return err
	}
	b.undo = append(b.undo, func() { _ = os.RemoveAll(dir) })
	b.clock = filepath.Join(dir, "clock")
	if err := b.moveClock(0); err != nil {
		return err
	}
	if b.sites, err = startSites(ctx, dir, b.binaries); err != nil {
		return err
	}
	b.undo = append(b.undo, b.sites.close)
	if b.plugins, err = newPlugins(dir, b.binaries[build.FakeProvider]); err != nil {
		return err
	}
	b.undo = append(b.undo, b.plugins.end)
	if b.names, err = nameserver.Start(); err != nil {
		return err
	}
	b.undo = append(b.undo, b.names.Close)
	if b.cluster, err = cluster.Start(ctx, cluster.Options{Binaries: b.binaries}); err != nil {
		return err
	}
	b.undo = append(b.undo, b.cluster.Stop)
	if b.teams, err = newTeams(ctx, b.cluster); err != nil {
		return err
	}
	if err := b.install(ctx); err != nil {
		return err
	}
	pushing, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.sites.keepPushing(pushing)
	}()
	b.undo = append(b.undo, func() { stop(); <-done })
	create, err := dryRun(b.cluster.RESTConfig())
	if err != nil {
		return err
	}
	b.load = &load{create: create}
	b.deal()
	return b.replicas[0].WaitCalled(ctx, b.cluster, b.teams.private)
}

// deal makes the mix for the replicas there are.
func (b *Bench) deal() {
	b.kinds = b.sites.specimens(b.teams, b.movable)
	b.load.mix = mix(b.kinds)
}

// install installs pullgate with two replicas, behind a balancer where the API
// server calls it.
func (b *Bench) install(ctx context.Context) error {
	port, err := pullgate.Install(ctx, b.cluster)
	if err != nil {
		return err
	}
	if b.balancer, err = balancer.Listen(port); err != nil {
		return err
	}
	b.undo = append(b.undo, b.balancer.Close)
	if err := failVisibly(ctx, b.cluster, b.deadline); err != nil {
		return err
	}
	b.undo = append(b.undo, b.stopReplicas)
	for range replicaCount {
		if err := b.addReplica(ctx); err != nil {
			return err
		}
	}
	return nil
}

// failVisibly makes a call that fails an error, see judge, and gives it a deadline.
func failVisibly(ctx context.Context, c *cluster.Cluster, deadline time.Duration) error {
	patch := fmt.Appendf(nil, `[{"op":"replace","path":"/webhooks/0/failurePolicy","value":"Fail"},
		{"op":"replace","path":"/webhooks/0/timeoutSeconds","value":%d}]`, int(deadline.Seconds()))
	_, err := c.Client().AdmissionregistrationV1().ValidatingWebhookConfigurations().
		Patch(ctx, pullgate.WebhookConfiguration, types.JSONPatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("set failurePolicy: %w", err)
	}
	return nil
}

// use makes all replicas ones of the binary that a fault takes.
func (b *Bench) use(ctx context.Context, movable bool) error {
	if b.movable == movable {
		return nil
	}
	b.movable = movable
	if err := b.roll(ctx); err != nil {
		return err
	}
	b.deal()
	return nil
}
