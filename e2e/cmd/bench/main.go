// Command bench measures what pullgate costs: see the package bench. It prints a
// table, writes e2e/out/bench.json, and renews docs/performance.md and its
// pictures. It exits with 1 if a target was missed. It needs Linux, and no root.
//
//	bench         # everything, about 25 minutes
//	bench -only cold  # one step of it
//	bench -short  # a little of everything, to see that it works; nothing is written
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/pullgate/pullgate/e2e/bench"
	"github.com/pullgate/pullgate/e2e/build"
)

func main() {
	short := flag.Bool("short", false, "measure only a little of everything, and write nothing")
	only := flag.String("only", "", "measure only one `STEP` (handler, start, creation, cold, requests, provider, pods, cache, crowd), and print what it came to as JSON")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := measure(ctx, *short, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench: "+err.Error())
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

func measure(ctx context.Context, short bool, only string) error {
	binaries, err := build.Ensure(ctx, os.Stderr, append(build.Basic(), build.NoOp, build.FakeProvider)...)
	if err != nil {
		return err
	}
	root, err := build.Root(ctx)
	if err != nil {
		return err
	}
	b, err := bench.New(ctx, bench.Options{Binaries: binaries, Short: short, Only: only, Progress: os.Stderr})
	if err != nil {
		return err
	}
	defer b.Close()
	result, err := b.Run(ctx, root)
	if err != nil {
		return err
	}
	if only != "" {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(result)
	}
	result.Print(os.Stdout)
	if short {
		return nil // so little says nothing of targets
	}
	if err := result.Write(root); err != nil {
		return err
	}
	if !result.Good() {
		return errors.New("a target was missed")
	}
	return nil
}
