package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/conformance"
	"github.com/pullgate/pullgate/e2e/conformance/providers"
)

// providerRun is what came of the cases of credential providers.
type providerRun struct {
	cases []providers.MeasuredCase
	took  time.Duration
	err   error
}

// startProviders makes the cases of credential providers beside all others: some do
// nothing but wait. What is returned waits for them, and tells what came of them.
func startProviders(ctx context.Context, o options, binaries build.Paths) (finish func(context.Context) (good bool, err error)) {
	if !o.hasProviders() {
		return func(context.Context) (bool, error) { return true, nil }
	}
	done := make(chan providerRun, 1)
	go func() {
		begun := time.Now()
		cases, err := runProviders(ctx, o, binaries)
		done <- providerRun{cases, time.Since(begun).Round(time.Second), err}
	}()
	return func(ctx context.Context) (bool, error) {
		r := <-done
		if r.err != nil {
			return false, r.err
		}
		return r.tell(ctx, o, binaries)
	}
}

// runProviders leaves nothing behind when it returns.
func runProviders(ctx context.Context, o options, binaries build.Paths) ([]providers.MeasuredCase, error) {
	dir, err := os.MkdirTemp("", "pullgate-providers-")
	if err != nil {
		return nil, fmt.Errorf("measure the providers: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bench, err := providers.NewBench(ctx, dir, binaries)
	if err != nil {
		return nil, err
	}
	defer bench.Close()
	return bench.Run(ctx, providers.Options{Match: o.run, Short: o.short})
}

// tell prints what came of them, and writes it down if it is all there is.
func (r providerRun) tell(ctx context.Context, o options, binaries build.Paths) (good bool, err error) {
	for _, c := range r.cases {
		for _, m := range c.Measured {
			if o.verbose || len(m.Complaints) > 0 {
				say("%s", m.Details(c.ID))
			}
		}
	}
	report := providers.NewReport(r.cases)
	report.Print(os.Stdout)
	say("took %s", r.took)
	if o.short || len(r.cases) < len(providers.Cases()) {
		return report.Good(), nil
	}
	root, err := build.Root(ctx)
	if err != nil {
		return false, err
	}
	if err := report.WriteJSON(filepath.Join(root, "e2e", "out", "providers.json")); err != nil {
		return false, err
	}
	versions, err := conformance.FindVersions(ctx, binaries)
	if err != nil {
		return false, err
	}
	return report.Good(), report.WriteMarkdown(filepath.Join(root, "docs", "credential-providers.md"), versions.Kubernetes, versions.Containerd)
}
