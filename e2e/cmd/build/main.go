// Command build makes the programs that the end-to-end tests run, and tells its
// progress while it does. The tests would make them too, but `go test` shows
// nothing of a package before all of it has passed, and ends it after ten
// minutes: the first time, this comes first.
//
//	go run ./cmd/build [-node] [program ...]
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
	node := flag.Bool("node", false, "make what a node needs as well")
	flag.Parse()
	names := flag.Args()
	if len(names) == 0 {
		names = build.All()
	}
	if *node {
		names = append(names, build.KubeScheduler)
		names = append(names, build.Node()...)
	}
	_, err := build.Ensure(ctx, os.Stderr, names...)
	return err
}
