// Command messages writes docs/messages.md: for each cause of a failed pull, what
// `kubectl describe` tells about the Pod today, beside what kubectl prints once
// pullgate is installed. All of it is real output, of a real node with real and
// scripted registries. It needs root on Linux.
//
// It fails, and writes nothing, when a Pod does not fail on the node as its cause
// says, or pullgate lets it through in silence.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/netns"
	"github.com/pullgate/pullgate/e2e/node"
)

func main() {
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, "usage: messages")
		os.Exit(2)
	}
	os.Exit(enter())
}

// enter builds what is needed and goes on in a network namespace of its own.
func enter() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	binaries, err := prepare(ctx)
	if err != nil {
		return fail(err)
	}
	inside, code, err := netns.Run(ctx, []string{node.Address + "/32", nameServer + "/32", frontAddress + "/32", nobody + "/32"})
	switch {
	case err != nil:
		return fail(err)
	case !inside:
		return code
	}
	err = write(ctx, binaries)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "messages: interrupted")
		return 130
	case err != nil:
		return fail(err)
	}
	return 0
}

// built is the environment variable by which the program outside of the network
// namespace tells the one inside where the programs are. They are built outside,
// for inside no module could be fetched.
const built = "PULLGATE_MESSAGES_PROGRAMS"

func prepare(ctx context.Context) (binaries build.Paths, err error) {
	if known := os.Getenv(built); known != "" {
		if err := json.Unmarshal([]byte(known), &binaries); err != nil {
			return nil, fmt.Errorf("%s: %w", built, err)
		}
		return binaries, nil
	}
	names := append(append(build.All(), build.KubeScheduler), build.Node()...)
	if binaries, err = build.Ensure(ctx, os.Stderr, names...); err != nil {
		return nil, err
	}
	known, err := json.Marshal(binaries)
	if err != nil {
		return nil, err
	}
	return binaries, os.Setenv(built, string(known))
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "messages: "+err.Error())
	return 1
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
