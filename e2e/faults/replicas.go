package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/faults/balancer"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

// shutdownDelay is the Deployment's, and longer than the balancer takes to notice that a
// replica is not ready, on a busy machine too.
const shutdownDelay = 5 * time.Second

// replica is one process of pullgate and its place behind the balancer.
type replica struct {
	*pullgate.Server
	place *balancer.Replica
}

// addReplica starts a replica, and returns when it can be called.
func (b *Bench) addReplica(ctx context.Context) error {
	binary := build.Pullgate
	env := []string(nil)
	if b.movable {
		binary = build.PullgateMovable
		env = []string{build.ClockVariable + "=" + b.clock, build.DNSVariable + "=" + b.names.Address(), "GODEBUG=netdns=go"}
	}
	first, variable, err := asFirst(b.binaries[binary])
	if err != nil {
		return err
	}
	server, err := pullgate.Start(ctx, b.cluster, pullgate.Options{
		Binary: first, CertsD: b.sites.certsD(), ShutdownDelay: shutdownDelay, Env: append(env, variable...), Args: b.plugins.args(), Config: replicaConfig,
	})
	if err != nil {
		return err
	}
	r := &replica{server, b.balancer.Add(server.Address(), server.Ready)}
	b.mu.Lock()
	b.replicas = append(b.replicas, r)
	b.mu.Unlock()
	return eventually(ctx, 2*time.Minute, 20*time.Millisecond, func(context.Context) error {
		if !r.place.Ready() {
			return errors.New("a replica that is ready gets no connections")
		}
		return nil
	})
}

// removeReplica stops the oldest replica as a rollout does, and returns when it
// has ended.
func (b *Bench) removeReplica() {
	b.mu.Lock()
	r := b.replicas[0]
	b.replicas = b.replicas[1:]
	b.mu.Unlock()
	r.Stop()
	b.balancer.Remove(r.place)
}

// present are the replicas there are, oldest first.
func (b *Bench) present() []*replica {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.replicas)
}

// roll replaces all replicas, one after another, never fewer than there were: what
// the Deployment's maxSurge: 1 and maxUnavailable: 0 do.
func (b *Bench) roll(ctx context.Context) error {
	for range b.present() {
		if err := b.addReplica(ctx); err != nil {
			return fmt.Errorf("roll the replicas: %w", err)
		}
		b.removeReplica()
	}
	return nil
}

// stopReplicas stops all.
func (b *Bench) stopReplicas() {
	for _, r := range b.present() {
		_ = r.Signal(syscall.SIGCONT) // what is paused can't end by itself
		b.removeReplica()
	}
}

// eventually retries until try succeeds.
func eventually(ctx context.Context, within, every time.Duration, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %w", within, err)
		case <-time.After(every):
		}
	}
}
