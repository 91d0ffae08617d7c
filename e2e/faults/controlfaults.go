package faults

import (
	"context"
	"fmt"
	"os"
	"syscall"
)

// controlPlaneFaults hit the API server and the replicas.
func controlPlaneFaults() []Fault {
	return []Fault{
		{Name: "API server restarted", Short: true, APIServerAway: true, On: func(ctx context.Context, b *Bench, _ *tally) (*broken, error) {
			return &broken{}, b.cluster.RestartAPIServer(ctx)
		}},
		{Name: "replica killed with SIGKILL", Short: true, On: killed},
		{Name: "one of two replicas stopped", Short: true, On: stopped},
		{Name: "one of two replicas paused", On: paused},
		{Name: "rolling restart", Short: true, On: func(ctx context.Context, b *Bench, _ *tally) (*broken, error) {
			return &broken{}, b.roll(ctx)
		}},
	}
}

// killed kills a replica, and starts another in the end.
func killed(_ context.Context, b *Bench, _ *tally) (*broken, error) {
	r := b.present()[0]
	lost := r.lost()
	if err := r.Signal(syscall.SIGKILL); err != nil {
		return nil, fmt.Errorf("kill a replica: %w", err)
	}
	return &broken{
		off: func(ctx context.Context) error {
			b.removeReplica()
			return b.addReplica(ctx)
		},
		unavoidable: lost,
	}, nil
}

// lost is how many connections led to a replica that answers no more: those there
// are now, and those that are made until the balancer knows.
func (r *replica) lost() func() int {
	open, before := r.place.Connections()
	return func() int {
		_, after := r.place.Connections()
		return open + after - before
	}
}

// stopped stops a replica with SIGTERM, and starts another in the end.
func stopped(_ context.Context, b *Bench, _ *tally) (*broken, error) {
	b.removeReplica()
	return &broken{off: b.addReplica}, nil
}

// paused holds a replica up, as a node without memory or a hung disk does. The
// API server waits for its answers until the call's deadline, and asks nobody else.
func paused(_ context.Context, b *Bench, _ *tally) (*broken, error) {
	r := b.present()[0]
	lost := r.lost()
	if err := r.Signal(syscall.SIGSTOP); err != nil {
		return nil, fmt.Errorf("pause a replica: %w", err)
	}
	unavoidable := 0
	return &broken{
		off: func(context.Context) error {
			unavoidable = lost()
			return r.Signal(syscall.SIGCONT)
		},
		unavoidable: func() int { return unavoidable },
	}, nil
}

// configurationFaults hit the configuration file.
func configurationFaults() []Fault {
	return []Fault{{Name: "configuration broken", Short: true, On: func(_ context.Context, b *Bench, _ *tally) (*broken, error) {
		good := map[string][]byte{}
		for _, r := range b.present() {
			content, err := os.ReadFile(r.ConfigFile())
			if err != nil {
				return nil, err
			}
			good[r.ConfigFile()] = content
		}
		write := func(content func(string) []byte) error {
			for path := range good {
				if err := os.WriteFile(path, content(path), 0o600); err != nil {
					return err
				}
			}
			return nil
		}
		return &broken{
			off: func(context.Context) error { return write(func(path string) []byte { return good[path] }) },
		}, write(func(string) []byte { return []byte("kind: Configuration\ndefaults: {enforce: [\n") })
	}}}
}
