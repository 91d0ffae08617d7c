// Command e2e installs pullgate with Helm on a cluster with a real node, and does
// there what users do; package story has the steps. It needs root on Linux, and
// fails when something is left behind.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/netns"
	"github.com/pullgate/pullgate/e2e/story"
)

func main() {
	helm := flag.String("helm", "", "path of helm")
	only := flag.String("only", "", "the one `step` to do after the installation")
	failAfter := flag.String("fail-after", "", "`step` after which to fail, to see what is left behind")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code, err := run(ctx, *helm, story.Options{Only: *only, FailAfter: *failAfter})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e: "+err.Error())
		code = max(code, 1)
	}
	os.Exit(code)
}

// inside is set in the program that runs in the network namespace, to the
// programs: they are built outside, for inside no module could be fetched.
const inside = "PULLGATE_E2E_PROGRAMS"

func run(ctx context.Context, helm string, o story.Options) (int, error) {
	helm, err := filepath.Abs(helm)
	if err != nil {
		return 1, err
	}
	if info, err := os.Stat(helm); err != nil || info.IsDir() {
		return 1, errors.Join(errors.New("-helm is needed"), err)
	}
	programs := os.Getenv(inside)
	if programs == "" {
		return outside(ctx)
	}
	var binaries build.Paths
	if err := json.Unmarshal([]byte(programs), &binaries); err != nil {
		return 1, fmt.Errorf("%s: %w", inside, err)
	}
	if _, _, err := netns.Run(ctx, story.Addresses()); err != nil {
		return 1, err
	}
	o.Binaries, o.Helm, o.Out = binaries, helm, os.Stdout
	err = story.Run(ctx, o)
	if ctx.Err() != nil {
		return 130, errors.New("interrupted")
	}
	return 0, err
}

// outside runs the program once more, in a network namespace and with a temporary
// folder of its own, and looks for what that leaves behind.
func outside(ctx context.Context) (code int, err error) {
	binaries, err := build.Ensure(ctx, os.Stderr, story.Programs()...)
	if err != nil {
		return 1, err
	}
	programs, err := json.Marshal(binaries)
	if err != nil {
		return 1, err
	}
	dir, err := os.MkdirTemp("", "pullgate-e2e-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for name, value := range map[string]string{inside: string(programs), "TMPDIR": dir} {
		if err := os.Setenv(name, value); err != nil {
			return 1, err
		}
	}
	before, err := present()
	if err != nil {
		return 1, err
	}
	_, code, err = netns.Run(ctx, story.Addresses())
	return code, errors.Join(err, left(dir, before))
}
