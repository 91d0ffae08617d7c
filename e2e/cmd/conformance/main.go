// Command conformance holds pullgate against nodes: the kubelet's own code with a
// real containerd, of both kinds that there are. It makes all cases of the document
// and any number of random ones, prints the table, and writes e2e/out/conformance.json and
// docs/conformance.md. It needs root on Linux.
//
//	conformance                 # all cases and 5000 random runs
//	conformance -run 'C6.'      # some cases alone, and nothing is written
//	conformance -run P          # those of credential providers, and their document alone
//	conformance -short          # without the two that take a kubelet more than a minute
//	conformance -replay '{...}' # one random run, as it was printed
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"syscall"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/conformance"
	"github.com/pullgate/pullgate/e2e/conformance/providers"
	"github.com/pullgate/pullgate/e2e/netns"
)

type options struct {
	run     *regexp.Regexp
	random  int
	seed    uint64
	replay  string
	verbose bool
	short   bool
	// complete runs are those whose outcome is written to files.
	complete bool
}

func main() {
	o := options{}
	run := flag.String("run", "", "only the cases whose id matches, and no random runs unless -random says so")
	flag.IntVar(&o.random, "random", 5000, "how many random behaviours to try")
	flag.Uint64Var(&o.seed, "seed", 1, "what the random behaviours are drawn from")
	flag.StringVar(&o.replay, "replay", "", "one random run, as it was printed")
	flag.BoolVar(&o.verbose, "v", false, "show the requests that each side made")
	flag.BoolVar(&o.short, "short", false, "leave out what takes a kubelet more than a minute, and write nothing")
	flag.Parse()
	var err error
	if o.run, err = regexp.Compile(*run); err != nil || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if *run != "" && !isSet("random") {
		o.random = 0
	}
	o.complete = *run == "" && o.random > 0 && !o.short
	os.Exit(enter(o))
}

// programs are those that the cases need.
func (o options) programs() (names []string) {
	if o.hasCases() {
		names = conformance.Programs()
	}
	if o.hasProviders() {
		names = append(names, providers.Programs()...)
	}
	return names
}

// hasCases and hasProviders tell whether any case of the kind is to be run.
func (o options) hasCases() bool {
	return o.random > 0 || o.replay != "" || slices.ContainsFunc(conformance.Cases(), func(c conformance.Case) bool { return o.run.MatchString(c.ID) })
}

func (o options) hasProviders() bool {
	return o.replay == "" && slices.ContainsFunc(providers.Cases(), func(c providers.Case) bool { return o.run.MatchString(c.ID) })
}

func isSet(name string) (set bool) {
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

// enter builds what is needed and goes on in a network namespace of its own.
func enter(o options) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	binaries, err := prepare(ctx, o)
	if err != nil {
		return fail(err)
	}
	inside, code, err := netns.Run(ctx, conformance.Addresses())
	switch {
	case err != nil:
		return fail(err)
	case !inside:
		return code
	}
	good, err := measureAll(ctx, o, binaries)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "conformance: interrupted")
		return 130
	case err != nil:
		return fail(err)
	case !good:
		return 1
	}
	return 0
}

// measureAll makes all cases, and both kinds at once.
func measureAll(ctx context.Context, o options, binaries build.Paths) (good bool, err error) {
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	finish := startProviders(running, o, binaries)
	if good, err = measure(ctx, o, binaries); err != nil {
		cancel()
	}
	also, providersErr := finish(ctx)
	if err == nil {
		err = providersErr
	}
	return good && also, err
}

// built is the environment variable by which the program outside of the network
// namespace tells the one inside where the programs are. They are built outside,
// for inside no module could be fetched.
const built = "PULLGATE_CONFORMANCE_PROGRAMS"

func prepare(ctx context.Context, o options) (binaries build.Paths, err error) {
	if known := os.Getenv(built); known != "" {
		if err := json.Unmarshal([]byte(known), &binaries); err != nil {
			return nil, fmt.Errorf("%s: %w", built, err)
		}
		return binaries, nil
	}
	if binaries, err = conformance.Prepare(ctx, os.Stderr, o.programs()...); err != nil {
		return nil, err
	}
	known, err := json.Marshal(binaries)
	if err != nil {
		return nil, err
	}
	return binaries, os.Setenv(built, string(known))
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "conformance: "+err.Error())
	return 1
}
