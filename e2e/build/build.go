package build

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Paths are the programs made, by name.
type Paths map[string]string

// Ensure makes the named programs where they are missing or out of date and
// returns where they are. What takes long is told on progress, line by line.
//
// Several processes may call it at once, as `go test` does with the packages
// of this module: one builds, the others wait.
func Ensure(ctx context.Context, progress io.Writer, names ...string) (Paths, error) {
	m, err := findModule(ctx)
	if err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	if err := os.MkdirAll(m.bin(), 0o750); err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(m.bin(), ".lock"), progress)
	if err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	defer unlock()

	paths := Paths{}
	for _, name := range names {
		b, ok := binaries()[name]
		if !ok {
			return nil, fmt.Errorf("build: no program is called %q", name)
		}
		if err := m.ensure(ctx, progress, name, b); err != nil {
			return nil, fmt.Errorf("build %s: %w", name, err)
		}
		paths[name] = filepath.Join(m.bin(), name)
	}
	return paths, nil
}

func (m module) ensure(ctx context.Context, progress io.Writer, name string, b binary) error {
	version := b.version
	if version == "" && b.module != "" {
		var err error
		if version, err = m.version(ctx, b.module); err != nil {
			return err
		}
	}
	target := filepath.Join(m.bin(), name)
	stampFile := filepath.Join(m.bin(), "."+name+".stamp")
	stamp, err := m.stamp(ctx, b, version)
	if err != nil {
		return err
	}
	if !b.parent && isStamped(target, stampFile, stamp) {
		return nil
	}

	if err := hasLibrary(ctx, b.library); err != nil {
		return err
	}
	// Built elsewhere and moved: a program that another process runs can't be
	// written to, and a build that is interrupted must leave nothing half-made.
	tmp, err := os.MkdirTemp(m.bin(), ".build-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	title := strings.TrimSpace(name + " " + version)
	cmd := m.command(ctx, b, version, tmp, name)
	if b.movable {
		overlay, err := m.overlay(ctx)
		if err != nil {
			return err
		}
		cmd.Args = slices.Insert(cmd.Args, 2, "-overlay="+overlay)
	}
	if err := run(progress, title, b.first, cmd); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(tmp, name), target); err != nil {
		return err
	}
	if b.parent {
		return nil
	}
	return os.WriteFile(stampFile, []byte(stamp), 0o600)
}

// command is the go command that makes a program in the folder out.
func (m module) command(ctx context.Context, b binary, version, out, name string) *exec.Cmd {
	pkg, env := b.pkg, os.Environ()
	args := []string{"build", "-o", filepath.Join(out, name)}
	if b.version != "" {
		pkg += "@" + b.version
		args = []string{"install"}
		env = append(env, "GOBIN="+out)
	}
	if b.library != "" {
		env = append(env, "CGO_ENABLED=1")
	}
	args = append(append(args, flags(b, version)...), pkg)
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // what it builds is in our own table
	cmd.Env = env
	cmd.Dir = m.dir
	if b.parent {
		// As it is shipped: an image has no C library.
		cmd.Env = append(cmd.Env, "CGO_ENABLED=0")
		cmd.Dir = filepath.Dir(m.dir)
	}
	// The go command removes its temporary files when it is interrupted, and
	// ends its compilers.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// shipped are the flags that the Dockerfile builds pullgate with: the size of the
// program is part of its memory. Without grpcnotrace, gRPC (of which the trace
// exporter has the types) links html/template, and with it the linker keeps every
// exported method of every type: half as much again.
var shipped = []string{"-trimpath", "-tags", "grpcnotrace", "-ldflags", "-s -w"}

func flags(b binary, version string) []string {
	var flags []string
	if b.tags != "" {
		flags = append(flags, "-tags", b.tags)
	}
	if b.parent {
		flags = append(flags, shipped...)
	}
	if b.module == kubernetes {
		flags = append(flags, "-ldflags", kubernetesLDFlags(version))
	}
	return flags
}

// kubernetesLDFlags gives a Kubernetes program its version. Without it, it calls
// itself by a template that kubectl can't parse.
func kubernetesLDFlags(version string) string {
	const pkg = "k8s.io/component-base/version."
	major, minor, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	minor, _, _ = strings.Cut(minor, ".")
	return strings.Join([]string{
		"-s -w",
		"-X " + pkg + "gitVersion=" + version,
		"-X " + pkg + "gitMajor=" + major,
		"-X " + pkg + "gitMinor=" + minor,
		"-X " + pkg + "gitCommit=unknown",
		"-X " + pkg + "buildDate=1970-01-01T00:00:00Z",
	}, " ")
}

// quiet is how long a build may take before it is worth a line.
const (
	quiet    = 2 * time.Second
	interval = 15 * time.Second
)

// run runs a build and tells its progress, so that nobody takes a compiler for
// a program that hangs.
func run(progress io.Writer, title, first string, cmd *exec.Cmd) error {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()

	told := false
	timer := time.NewTimer(quiet)
	defer timer.Stop()
	for {
		select {
		case err := <-done:
			if err != nil {
				return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args[:2], " "), err, bytes.TrimSpace(out.Bytes()))
			}
			if told {
				tell(progress, "built %s in %s", title, elapsed(start))
			}
			return nil
		case <-timer.C:
			if told {
				tell(progress, "  still building %s: %s", title, elapsed(start))
			} else {
				tell(progress, "building %s, the first time takes about %s ...", title, first)
			}
			told = true
			timer.Reset(interval)
		}
	}
}

// tell writes a line of progress. Nobody reading it is no reason to stop.
func tell(progress io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(progress, format+"\n", args...)
}

func elapsed(start time.Time) time.Duration { return time.Since(start).Round(time.Second) }
