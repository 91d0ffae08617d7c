package provider

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Command is a plugin to run.
type Command struct {
	// Path is the plugin's.
	Path string
	// Args are its arguments, its name not among them.
	Args []string
	// Env is added to the environment of the process, and wins over it.
	Env []string
	// Stdin is what it gets to read.
	Stdin []byte
}

// Output is what a plugin has printed.
type Output struct{ Stdout, Stderr []byte }

// Runner runs a plugin until it ends, or ctx does. Its errors hold nothing of what
// the plugin printed.
type Runner interface {
	Run(ctx context.Context, c Command) (Output, error)
}

const (
	// maxStdout and maxStderr bound what is read of a plugin, in bytes. More on
	// stdout is a failure (P18), and more on stderr is dropped (P17).
	maxStdout = 1 << 20
	maxStderr = 4 << 10
	// waitDelay is how long stdout may stay open after the end of the plugin: a
	// child that it left behind may hold it for ever (P20, P21).
	waitDelay = 500 * time.Millisecond
)

// processes runs plugins as processes, each in a group of its own, which ends with
// the run.
type processes struct{}

var errTooMuch = fmt.Errorf("it answers with more than %d KiB", maxStdout>>10)

// Run runs a plugin.
func (processes) Run(ctx context.Context, c Command) (Output, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(ctx, c.Path, c.Args...) //nolint:gosec // which plugins there are is the administrator's to say
	stdout, stderr := &limited{max: maxStdout, full: stop}, &limited{max: maxStderr, full: func() {}}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(c.Stdin), stdout, stderr
	cmd.Env = append(environment(os.Environ()), c.Env...)
	cmd.WaitDelay = waitDelay
	group := newGroup(cmd)
	if err := cmd.Start(); err != nil {
		return Output{}, startError(err)
	}
	err := cmd.Wait()
	group.end()
	out := Output{Stdout: stdout.kept.Bytes(), Stderr: stderr.kept.Bytes()}
	var exit *exec.ExitError
	switch {
	case stdout.over:
		return out, errTooMuch
	case ctx.Err() != nil:
		return out, ctx.Err()
	case errors.As(err, &exit):
		return out, fmt.Errorf("it ends with %s", exit.ProcessState) // "exit status 1", "signal: killed"
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return out, nil
	default:
		return out, errors.New("its output cannot be read")
	}
}

// startError is why a plugin could not be started, without its path, which is known.
func startError(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("it cannot be started: %w", err)
}

// environment is pullgate's own, all but what is meant for its own runtime (section 2
// of the cases: AWS_*, AZURE_*, GOOGLE_*, *_PROXY and SSL_CERT_FILE have to be there).
func environment(own []string) []string {
	return slices.DeleteFunc(slices.Clone(own), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains([]string{"GOMEMLIMIT", "GOMAXPROCS", "GODEBUG"}, name)
	})
}

// limited keeps as much as it may, and drops the rest. It has no more methods than
// that: io.Copy would prefer a ReadFrom, which knows no limit.
type limited struct {
	kept bytes.Buffer
	max  int
	full func() // called for what is dropped
	over bool
}

// Write keeps what there is room for.
func (l *limited) Write(p []byte) (int, error) {
	if room := l.max - l.kept.Len(); len(p) > room {
		l.over = true
		l.full()
		_, _ = l.kept.Write(p[:room])
		return len(p), nil
	}
	return l.kept.Write(p)
}
