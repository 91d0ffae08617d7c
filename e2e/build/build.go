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
// A server that the machine has ready-made, in the right minor version, is used
// where it is. In this order: what KUBEBUILDER_ASSETS names; what was built before;
// what is on the PATH; what setup-envtest fetches.
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
		if paths[name], err = m.ensure(ctx, progress, name, b); err != nil {
			return nil, fmt.Errorf("build %s: %w", name, err)
		}
	}
	return paths, nil
}

// ensure returns where a program is.
func (m module) ensure(ctx context.Context, progress io.Writer, name string, b binary) (string, error) {
	version := b.version
	if version == "" && b.module != "" {
		var err error
		if version, err = m.version(ctx, b); err != nil {
			return "", err
		}
	}
	r := ready{progress: progress, name: name, asked: b.asked, version: version}
	if path := r.in(ctx, os.Getenv(assetsVariable)); path != "" {
		return path, nil
	}
	target := filepath.Join(m.bin(), name)
	stampFile := filepath.Join(m.bin(), "."+name+".stamp")
	stamp, err := m.stamp(ctx, b, version)
	if err != nil {
		return "", err
	}
	if !b.changes && isStamped(target, stampFile, stamp) {
		return target, nil
	}
	if path := r.elsewhere(ctx, m); path != "" {
		return path, nil
	}
	if err := ctx.Err(); err != nil {
		return "", context.Cause(ctx)
	}
	if err := m.build(ctx, progress, name, b, version); err != nil {
		return "", err
	}
	if b.changes {
		return target, nil
	}
	return target, os.WriteFile(stampFile, []byte(stamp), 0o600)
}

// build makes a program.
func (m module) build(ctx context.Context, progress io.Writer, name string, b binary, version string) error {
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
	return os.Rename(filepath.Join(tmp, name), filepath.Join(m.bin(), name))
}

// command is the go command that makes a program in the folder out.
func (m module) command(ctx context.Context, b binary, version, out, name string) *exec.Cmd {
	args := append([]string{"build", "-o", filepath.Join(out, name)}, flags(b, version)...)
	env, dir := os.Environ(), m.of(b)
	// The compiler spends a fifth of its time on its garbage.
	if os.Getenv("GOGC") == "" {
		env = append(env, "GOGC=400")
	}
	if b.test {
		args = append([]string{"test", "-c", "-o", filepath.Join(out, name)}, flags(b, version)...)
	}
	pkg := b.pkg
	switch {
	case b.version != "":
		pkg += "@" + b.version
		args = append([]string{"install"}, flags(b, version)...)
		env = append(env, "GOBIN="+out)
	default:
		// As pullgate is shipped, and all the others alike: see shared.
		env = append(env, "CGO_ENABLED=0")
	}
	if b.library != "" {
		env = append(env, "CGO_ENABLED=1")
	}
	if b.parent {
		dir = filepath.Dir(m.dir)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...) //nolint:gosec // what it builds is in our own table
	cmd.Env = env
	cmd.Dir = dir
	// The go command removes its temporary files when it is interrupted, and
	// ends its compilers.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
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
