package netns

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
)

// marker is the environment variable by which the program knows that it runs
// inside. Its value is the network namespace outside, so that a marker that was
// inherited by mistake is found out.
const marker = "PULLGATE_E2E_OUTER_NETNS"

// Run runs the program once more, with the same arguments, in a network
// namespace of its own, in which loopback is up and has the addresses, such as
// 10.1.2.3/32, besides its own.
//
// Called outside, it returns when the program inside has ended, with its exit
// code, and inside is false. Called inside, it makes the addresses and returns
// at once with inside true: the caller goes on with its work.
//
// The program inside gets every SIGINT, SIGTERM and SIGHUP that the one outside
// gets, and a SIGTERM when ctx ends. It is killed when the one outside is.
func Run(ctx context.Context, addresses []string) (inside bool, code int, err error) {
	outer := os.Getenv(marker)
	if outer == "" {
		code, err := runInside(ctx)
		if err != nil {
			return false, 1, fmt.Errorf("enter a network namespace: %w", err)
		}
		return false, code, nil
	}
	current, err := namespace()
	if err != nil {
		return false, 1, fmt.Errorf("network namespace: %w", err)
	}
	if outer == current {
		return false, 1, fmt.Errorf("network namespace: %s is set, but this is the namespace outside", marker)
	}
	if err := setUp(addresses); err != nil {
		return false, 1, fmt.Errorf("set up the network namespace: %w", err)
	}
	return true, 0, nil
}

// Inside tells, with an error, that the program does not run inside: then what
// is about to be done would be done to the machine.
func Inside() error {
	outer := os.Getenv(marker)
	current, err := namespace()
	if err != nil {
		return fmt.Errorf("network namespace: %w", err)
	}
	if outer == "" || outer == current {
		return errors.New("network namespace: this is the machine's")
	}
	return nil
}

// namespace identifies the network namespace that the process is in.
func namespace() (string, error) { return os.Readlink("/proc/self/ns/net") }

func runInside(ctx context.Context) (int, error) {
	if os.Geteuid() != 0 {
		return 0, errors.New("it needs root: run it as root, on Linux")
	}
	outer, err := namespace()
	if err != nil {
		return 0, err
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	// No CommandContext: the program is asked to end, and given the time to.
	cmd := exec.Command(self, os.Args[1:]...) //nolint:gosec,noctx // it is this very program
	cmd.Env = append(os.Environ(), marker+"="+outer)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		// Unshared rather than cloned: then Go makes the mounts private too.
		Unshareflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
		// A group of its own, so that a Ctrl-C on the terminal comes to it
		// once, through us.
		Setpgid:   true,
		Pdeathsig: syscall.SIGKILL,
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	return wait(ctx, cmd, signals)
}

// wait starts the program and passes signals on until it ends.
func wait(ctx context.Context, cmd *exec.Cmd, signals <-chan os.Signal) (int, error) {
	// The end of the thread that starts it counts as the parent's death.
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return 0, err
	}
	done := ctx.Done()
	for {
		select {
		case s := <-signals:
			_ = cmd.Process.Signal(s) // An error means that it has ended.
		case <-done:
			_ = cmd.Process.Signal(syscall.SIGTERM)
			done = nil
		case err := <-ended:
			return exitCode(cmd, err)
		}
	}
}

// exitCode is the program's exit code, as a shell would tell it.
func exitCode(cmd *exec.Cmd, err error) (int, error) {
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}
