package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// assetsVariable names a folder with kube-apiserver, etcd and kubectl, as it does
// for controller-runtime's envtest.
const assetsVariable = "KUBEBUILDER_ASSETS"

// patience is how long a ready-made program may take to tell its version. None
// takes a second where the machine is not busy.
const patience = 15 * time.Second

// question is how a program is asked for its version.
type question struct {
	args []string
	// answer is a regular expression for what it prints, with the version as its
	// first group.
	answer string
}

// ready looks for ready-made programs. Those that won't do are passed over, with
// a line that says why.
type ready struct {
	progress io.Writer
	name     string
	// asked is nil for a program that is always built.
	asked *question
	// version is what would be built: one of its minor version will do.
	version string
}

// in returns the program of a folder, or nothing.
func (r ready) in(ctx context.Context, dir string) string {
	if r.asked == nil || dir == "" {
		return ""
	}
	path, err := filepath.Abs(filepath.Join(dir, r.name))
	if err != nil {
		return ""
	}
	return r.use(ctx, path)
}

// elsewhere returns the program that a shell would run, or one that is fetched, or
// nothing.
func (r ready) elsewhere(ctx context.Context, m module) string {
	if r.asked == nil {
		return ""
	}
	if path, err := exec.LookPath(r.name); err == nil {
		if path = r.use(ctx, path); path != "" {
			return path
		}
	}
	return r.in(ctx, m.fetched(ctx, r.progress))
}

func (r ready) use(ctx context.Context, path string) string {
	asking, cancel := limited(ctx, patience)
	defer cancel()
	version, err := r.judge(asking, path)
	if ctx.Err() != nil {
		return ""
	}
	if err != nil {
		tell(r.progress, "passing over %s: %v", path, err)
		return ""
	}
	tell(r.progress, "using %s %s: %s", r.name, version, path)
	return path
}

// judge returns a program's version, or why it won't do.
func (r ready) judge(ctx context.Context, path string) (string, error) {
	if _, err := os.Stat(path); err != nil { //nolint:gosec // the machine's owner says where it is
		return "", errors.New("there is no such program")
	}
	out, err := output(ctx, nil, path, r.asked.args...)
	if err != nil {
		return "", fmt.Errorf("it does not tell its version: %w", err)
	}
	answer, err := regexp.Compile(r.asked.answer)
	if err != nil {
		return "", err
	}
	groups := answer.FindStringSubmatch(out)
	if groups == nil {
		return "", fmt.Errorf("it does not tell its version, but %q", shorten(out))
	}
	if minor(groups[1]) != minor(r.version) {
		return "", fmt.Errorf("it is %s, and %s is wanted", groups[1], minor(r.version))
	}
	return groups[1], nil
}

// minor is a version's major and minor part, as in "1.37".
func minor(version string) string {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// limited bounds a context by a duration that the error names.
func limited(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, fmt.Errorf("no answer in %s", d))
}

// output runs a program, with some variables more than we have, and returns what it
// prints. When the context ends, so does the program, with all that it has started:
// it may be a script.
func output(ctx context.Context, env []string, program string, args ...string) (string, error) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // the machine's owner says what is there
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err != nil && errs.Len() > 0:
		return "", fmt.Errorf("%w: %s", err, shorten(errs.String()))
	}
	return out.String(), err
}

// shorten is the end of what a program printed, for a message of one line: there an
// error names its cause.
func shorten(text string) string {
	text = strings.TrimSpace(text)
	text = text[strings.LastIndexByte(text, '\n')+1:]
	const most = 160
	if cut := len(text) - most; cut > 0 {
		text = "..." + text[cut:]
	}
	return text
}
