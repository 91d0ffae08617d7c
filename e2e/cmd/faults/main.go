// Command faults breaks one thing after another under a steady stream of Pods, and
// shows what that does to them: see the package faults. It prints a table, writes
// e2e/out/faults.json, and exits with 1 if a target was missed. It needs Linux, and
// no root.
//
//	faults                # all faults, about a quarter of an hour
//	faults -short         # a few of them, about four minutes, and nothing is written
//	faults -only registry # those whose name has the word, and nothing is written
//
// All but a short run hold the answers against the deadline that users have, and so need
// a machine that is not busy with other things.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/faults"
)

type options struct {
	only    string
	short   bool
	seconds int
}

func main() {
	if err := faults.FirstProcess(); err != nil {
		fmt.Fprintln(os.Stderr, "faults: "+err.Error())
		os.Exit(1)
	}
	var o options
	flag.StringVar(&o.only, "only", "", "only the faults whose name contains `NAME`")
	flag.BoolVar(&o.short, "short", false, "only a few faults, and less time for each")
	flag.IntVar(&o.seconds, "seconds", 0, "how long each fault lasts; 5, or 3 if -short")
	flag.Parse()
	if flag.NArg() > 0 || o.seconds < 0 {
		flag.Usage()
		os.Exit(2)
	}
	if o.seconds == 0 {
		o.seconds = 5
		if o.short {
			o.seconds = 3
		}
	}
	os.Exit(run(o))
}

// run returns the exit code. Nothing is left behind when it returns.
func run(o options) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	report, err := measure(ctx, o)
	if len(report.Faults) > 0 {
		report.Print(os.Stdout)
	}
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "faults: interrupted")
		return 130
	case err != nil:
		fmt.Fprintln(os.Stderr, "faults: "+err.Error())
		return 1
	case !report.Good():
		return 1
	}
	return 0
}

func measure(ctx context.Context, o options) (report faults.Report, err error) {
	chosen, err := faults.Choose(o.only, o.short)
	if err != nil {
		return report, err
	}
	binaries, err := faults.Prepare(ctx, os.Stderr, chosen)
	if err != nil {
		return report, err
	}
	begun := time.Now()
	deadline := faults.UsersDeadline
	if o.short {
		deadline = faults.PatientDeadline
	}
	bench, err := faults.NewBench(ctx, binaries, deadline)
	if err != nil {
		return report, err
	}
	defer bench.Close()
	for n, f := range chosen {
		fmt.Fprintf(os.Stderr, "%s: %d of %d: %s\n", time.Since(begun).Round(time.Second), n+1, len(chosen), f.Name)
		row, err := bench.Run(ctx, f, time.Duration(o.seconds)*time.Second)
		if err != nil {
			return report, err
		}
		report.Faults = append(report.Faults, row)
	}
	fmt.Fprintf(os.Stderr, "took %s\n", time.Since(begun).Round(time.Second))
	if o.only != "" || o.short {
		return report, nil
	}
	root, err := build.Root(ctx)
	if err != nil {
		return report, err
	}
	return report, report.WriteJSON(filepath.Join(root, "e2e", "out", "faults.json"))
}
