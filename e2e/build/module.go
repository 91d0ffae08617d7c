package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// modulePath is this module's.
const modulePath = "github.com/pullgate/pullgate/e2e"

// module is this module, on disk.
type module struct {
	dir string
	// toolchain is the Go version and the platform built for.
	toolchain string
}

// findModule finds this module from the working directory: a test runs in its
// package's folder, the demo in the module's.
func findModule(ctx context.Context) (module, error) {
	out, err := goCommand(ctx, ".", "list", "-m", "-f", "{{.Dir}}", modulePath)
	if err != nil {
		return module{}, fmt.Errorf("find the module %s from the working directory: %w", modulePath, err)
	}
	toolchain, err := goCommand(ctx, out, "env", "GOVERSION", "GOOS", "GOARCH", "CGO_ENABLED", "GOFLAGS")
	if err != nil {
		return module{}, err
	}
	return module{dir: out, toolchain: toolchain}, nil
}

// Root is the folder of the product's repository.
func Root(ctx context.Context) (string, error) {
	m, err := findModule(ctx)
	if err != nil {
		return "", err
	}
	return filepath.Dir(m.dir), nil
}

func (m module) bin() string { return filepath.Join(m.dir, "bin") }

// of is the folder of the module, this one or a nested one, that a program is
// built in.
func (m module) of(b binary) string { return filepath.Join(m.dir, b.nested) }

// version is the version that go.mod chooses for a program's module.
func (m module) version(ctx context.Context, b binary) (string, error) {
	return goCommand(ctx, m.of(b), "list", "-m", "-f", "{{.Version}}", b.module)
}

// stamp identifies everything that a program is made of.
func (m module) stamp(_ context.Context, b binary, version string) (string, error) {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\n%s@%s\n%q\n", m.toolchain, b.pkg, version, flags(b, version))
	if b.version == "" {
		for _, name := range []string{"go.mod", "go.sum"} {
			content, err := os.ReadFile(filepath.Join(m.of(b), name))
			if err != nil {
				return "", err
			}
			_, _ = fmt.Fprintf(h, "%s %d\n%s", name, len(content), content)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// isStamped tells whether a program is there and made of what stamp says.
func isStamped(target, stampFile, stamp string) bool {
	if _, err := os.Stat(target); err != nil {
		return false
	}
	old, err := os.ReadFile(stampFile)
	return err == nil && string(old) == stamp
}

func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the callers are in this package
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
		}
		return "", fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}
