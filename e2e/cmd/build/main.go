// Command build makes the programs that the end-to-end tests run, and tells its
// progress while it does. The tests would make them too, but `go test` shows
// nothing of a package before all of it has passed, and ends it after ten
// minutes: the first time, this comes first.
//
//	build [-node] [program ...]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/pullgate/pullgate/e2e/build"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	node := flag.Bool("node", false, "make what the tests with root run, not those without")
	flag.Parse()
	names := flag.Args()
	switch {
	case len(names) > 0:
	case *node:
		names = build.Rooted()
	default:
		names = build.All()
	}
	_, err := build.Ensure(ctx, os.Stderr, names...)
	return err
}
