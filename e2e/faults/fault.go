package faults

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Fault is one thing that breaks.
type Fault struct {
	Name string
	// On breaks it, and returns when it is broken.
	On func(context.Context, *Bench, *tally) (*broken, error)
	// Recovered succeeds when all is as it was, besides the verdicts, which are
	// looked at anyway. It may be nil.
	Recovered func(context.Context, *Bench) error
	// Within is how long a recovery may take, recovery if zero.
	Within time.Duration
	// Movable faults take replicas whose clock and DNS server can be chosen.
	Movable bool
	// Short faults are part of a short run.
	Short bool
	// Blames faults are of a credential provider, and every Pod that cannot be verified
	// is told so. Of the others, no Pod is.
	Blames bool
	// APIServerAway faults keep the API server from taking requests.
	APIServerAway bool
}

// broken is a fault under way.
type broken struct {
	// off mends it.
	off func(context.Context) error
	// unavoidable is, once it is mended, how many calls failed that nobody could
	// have answered: those of a replica that died or hung, made before anybody
	// could know. At most one for each connection that led to it. Nil is none.
	unavoidable func() int
	// seen is what else was wrong, once all is over. Nil is nothing.
	seen func() []string
}

// recovery is how long it may take until everything is verified again: seconds on an
// idle machine, since a registry that asks to be left alone, or that was down, is asked
// again after a while. How long it took is in the report.
const recovery = 2 * time.Minute

// All are all faults, in the order in which they happen.
func All() []Fault {
	return slices.Concat(
		[]Fault{{Name: "none", Short: true, On: func(context.Context, *Bench, *tally) (*broken, error) { return &broken{}, nil }}},
		registryFaults(), providerFaults(), controlPlaneFaults(), certificateFaults(), configurationFaults(), movableFaults(),
	)
}

// Choose returns the faults whose name contains a word, or the short ones.
func Choose(only string, short bool) ([]Fault, error) {
	chosen := slices.DeleteFunc(All(), func(f Fault) bool {
		if only != "" {
			return !strings.Contains(f.Name, only)
		}
		return short && !f.Short
	})
	if len(chosen) == 0 {
		var names []string
		for _, f := range All() {
			names = append(names, f.Name)
		}
		return nil, fmt.Errorf("no fault is called %q; there are: %s", only, strings.Join(names, ", "))
	}
	return chosen, nil
}
