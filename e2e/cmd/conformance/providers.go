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

// measureProviders makes the cases of credential providers, and writes what came of
// them. Nothing is left behind when it returns.
func measureProviders(ctx context.Context, o options, binaries build.Paths) (good bool, err error) {
	if !o.hasProviders() {
		return true, nil
	}
	begun := time.Now()
	dir, err := os.MkdirTemp("", "pullgate-providers-")
	if err != nil {
		return false, fmt.Errorf("measure the providers: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bench, err := providers.NewBench(ctx, dir, binaries)
	if err != nil {
		return false, err
	}
	defer bench.Close()
	cases, err := bench.Run(ctx, providers.Options{Match: o.run, Short: o.short})
	if err != nil {
		return false, err
	}
	for _, c := range cases {
		for _, m := range c.Measured {
			if o.verbose || len(m.Complaints) > 0 {
				say("%s", m.Details(c.ID))
			}
		}
	}
	report := providers.NewReport(cases)
	report.Print(os.Stdout)
	say("took %s", since(begun))
	if !o.complete {
		return report.Good(), nil
	}
	return report.Good(), writeProviders(ctx, report, binaries)
}

// writeProviders writes both files.
func writeProviders(ctx context.Context, report providers.Report, binaries build.Paths) error {
	root, err := build.Root(ctx)
	if err != nil {
		return err
	}
	if err := report.WriteJSON(filepath.Join(root, "e2e", "out", "providers.json")); err != nil {
		return err
	}
	versions, err := conformance.FindVersions(ctx, binaries)
	if err != nil {
		return err
	}
	return report.WriteMarkdown(filepath.Join(root, "docs", "credential-providers.md"), versions.Kubernetes, versions.Containerd)
}
