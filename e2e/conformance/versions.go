package conformance

import (
	"context"
	"fmt"
	"os/exec"
	"runtime/debug"
	"strings"

	"github.com/pullgate/pullgate/e2e/build"
)

// Versions are those of what was measured against.
type Versions struct {
	Kubernetes string
	Containerd string
	Platform   string
}

// FindVersions asks the programs, and this one what it is made of.
func FindVersions(ctx context.Context, binaries build.Paths) (Versions, error) {
	v := Versions{Platform: "linux/amd64"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v, fmt.Errorf("find the versions: this program was built without")
	}
	for _, m := range info.Deps {
		if m.Path == "k8s.io/kubernetes" {
			v.Kubernetes = m.Version
		}
	}
	out, err := exec.CommandContext(ctx, binaries[build.Containerd], "--version").Output() //nolint:gosec // what it runs we have built
	if err != nil {
		return v, fmt.Errorf("find the version of containerd: %w", err)
	}
	// containerd github.com/containerd/containerd/v2 2.4.2+unknown
	if fields := strings.Fields(string(out)); len(fields) > 2 {
		v.Containerd, _, _ = strings.Cut(strings.TrimPrefix(fields[2], "v"), "+")
	}
	return v, nil
}
