package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
)

// crds are the modules, at a version, that have the definitions of kinds that the
// chart makes on request, and where in them these are.
func crds() map[string][]string {
	const monitoring = "example/prometheus-operator-crd/monitoring.coreos.com_"
	return map[string][]string{
		"github.com/prometheus-operator/prometheus-operator@v0.85.0": {monitoring + "servicemonitors.yaml", monitoring + "prometheusrules.yaml"},
		"github.com/cert-manager/cert-manager@v1.21.2":               {"deploy/crds/cert-manager.io_certificates.yaml", "deploy/crds/cert-manager.io_issuers.yaml"},
	}
}

// applyCRDs makes the API server know the kinds of other software. Of the modules
// nothing is built: they are only where the definitions are to be had.
func (c *checker) applyCRDs(ctx context.Context) error {
	for module, files := range crds() {
		cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", module) //nolint:gosec // the modules are in our own list
		cmd.Dir = c.cluster.Dir()
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("fetch %s: %w: %s", module, err, out)
		}
		var downloaded struct{ Dir string }
		if err := json.Unmarshal(out, &downloaded); err != nil {
			return fmt.Errorf("fetch %s: %w", module, err)
		}
		for _, file := range files {
			path := filepath.Join(downloaded.Dir, filepath.FromSlash(file))
			if _, stderr, err := c.cluster.Kubectl(ctx, "", "apply", "--server-side", "-f", path); err != nil {
				return fmt.Errorf("%s: %w: %s", file, err, stderr)
			}
			if _, stderr, err := c.cluster.Kubectl(ctx, "", "wait", "--for=condition=Established", "--timeout=5m", "-f", path); err != nil {
				return fmt.Errorf("%s: %w: %s", file, err, stderr)
			}
		}
	}
	return nil
}
