package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/conformance"
)

// measure makes the runs and writes what came of them. Nothing is left behind
// when it returns.
func measure(ctx context.Context, o options, binaries build.Paths) (good bool, err error) {
	if !o.hasCases() {
		return true, nil
	}
	begun := time.Now()
	bench, err := conformance.NewBench(ctx, binaries)
	if err != nil {
		return false, err
	}
	defer bench.Close()
	if o.replay != "" {
		return true, replay(ctx, bench, o.replay)
	}
	var random *conformance.RandomReport
	cases, err := bench.Run(ctx, o.run, func() (err error) {
		if o.random > 0 {
			say("%s: %d random runs, seed %d ...", since(begun), o.random, o.seed)
			random, err = bench.Random(ctx, o.random, o.seed, func(what string) { say("%s", what) })
			say("%s: the rest of the cases ...", since(begun))
		}
		return err
	})
	if err != nil {
		return false, err
	}
	show(cases, o.verbose)
	report := conformance.NewReport(cases, random)
	report.Print(os.Stdout)
	say("took %s", since(begun))
	if !o.complete {
		return report.Good(), nil
	}
	return report.Good(), write(ctx, report, binaries)
}

// show tells all about what is wrong, or about everything.
func show(cases []conformance.MeasuredCase, all bool) {
	for _, c := range cases {
		for _, m := range c.Measured {
			if all || m.Complaint() != "" {
				say("%s", m.Details(c.ID))
			}
		}
	}
}

func replay(ctx context.Context, bench *conformance.Bench, line string) error {
	r, err := conformance.ParseRandom(line)
	if err != nil {
		return err
	}
	what, err := bench.Replay(ctx, r)
	if err != nil {
		return err
	}
	say("%s", what)
	return nil
}

// write writes both files. They are of use only when everything was run.
func write(ctx context.Context, report conformance.Report, binaries build.Paths) error {
	root, err := build.Root(ctx)
	if err != nil {
		return err
	}
	if err := report.WriteJSON(filepath.Join(root, "e2e", "out", "conformance.json")); err != nil {
		return err
	}
	versions, err := conformance.FindVersions(ctx, binaries)
	if err != nil {
		return err
	}
	return report.WriteMarkdown(filepath.Join(root, "docs", "conformance.md"), versions)
}

func since(t time.Time) time.Duration { return time.Since(t).Round(time.Second) }

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }
