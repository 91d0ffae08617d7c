package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Options says what to run.
type Options struct {
	// Name is what messages call the process.
	Name string
	// Path is the binary.
	Path string
	Args []string
	// Dir holds the log, and is the process's working directory and HOME.
	Dir string
	// Env is added to a minimal environment. The environment of the machine
	// is left out: a proxy or a kubeconfig of its owner must not decide a test.
	Env []string
	// SplitOutput sends the standard output to a file of its own, Stdout;
	// without it, both streams go to Log.
	SplitOutput bool
	// Grace is how long Stop waits between SIGTERM and SIGKILL; 10 s if zero.
	Grace time.Duration
}

// Process is a running process, or one that has ended.
type Process struct {
	name   string
	cmd    *exec.Cmd
	grace  time.Duration
	log    string
	stdout string
	stop   sync.Once

	// done is closed when the process has ended; state is set before that.
	done  chan struct{}
	state *os.ProcessState
}

// Start starts a process. It returns as soon as the process exists; WaitReady
// waits until it is of use.
func Start(o Options) (*Process, error) {
	p := &Process{
		name:  o.Name,
		grace: o.Grace,
		log:   filepath.Join(o.Dir, o.Name+".log"),
		done:  make(chan struct{}),
	}
	if p.grace == 0 {
		p.grace = 10 * time.Second
	}
	p.stdout = p.log
	if o.SplitOutput {
		p.stdout = filepath.Join(o.Dir, o.Name+".out")
	}
	// No CommandContext: Stop gives the process the time to end by itself.
	p.cmd = exec.Command(o.Path, o.Args...) //nolint:gosec,noctx // what is started is for the caller to say
	p.cmd.Dir = o.Dir
	p.cmd.Env = Env(o.Dir, o.Env...)
	p.cmd.SysProcAttr = attributes()

	stderr, err := appendTo(p.log)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Name, err)
	}
	defer func() { _ = stderr.Close() }()
	stdout, err := appendTo(p.stdout)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Name, err)
	}
	defer func() { _ = stdout.Close() }()
	p.cmd.Stderr, p.cmd.Stdout = stderr, stdout

	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Name, err)
	}
	return p, nil
}

// run starts the process and waits for its end, all on one thread: the kernel
// takes the end of the thread that started a process for the death of its
// parent (PR_SET_PDEATHSIG), so the thread must live as long as the process.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	_ = p.cmd.Wait() // The state says the same, and ExitCode reads it there.
	p.state = p.cmd.ProcessState
	close(p.done)
}

// Env is the environment of a process that must see nothing of the machine but
// the path to its commands. HOME and the temporary folder are dir.
func Env(dir string, more ...string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir}, more...)
}

// Name is what messages call the process.
func (p *Process) Name() string { return p.name }

// Signal sends a signal, for what Stop does not do: to kill, to pause, to resume.
// It fails when the process has ended.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Pid is the id of the process.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Log is the file that the process's standard error goes to.
func (p *Process) Log() string { return p.log }

// Stdout is the file that the process's standard output goes to.
func (p *Process) Stdout() string { return p.stdout }

// ExitCode is the process's exit code, or -1 while it runs or after a signal
// has ended it.
func (p *Process) ExitCode() int {
	select {
	case <-p.done:
		return p.state.ExitCode()
	default:
		return -1
	}
}

// Stop asks the process to end, with SIGTERM, makes it end when it hasn't within
// its grace, and returns its exit code. Every call waits for the end.
func (p *Process) Stop() int {
	p.stop.Do(func() {
		// An error means that it has ended already.
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.done:
		case <-time.After(p.grace):
			_ = p.cmd.Process.Kill()
		}
	})
	<-p.done
	return p.ExitCode()
}

// attemptTimeout ends a probe that hangs. A machine that is busy with other things
// takes seconds for one.
const attemptTimeout = 20 * time.Second

// WaitReady calls probe until it succeeds. It gives up when the process ends or
// ctx does, with the probe's last error and the end of the log, for without the
// log nobody can tell why a server did not start.
func (p *Process) WaitReady(ctx context.Context, probe func(context.Context) error) error {
	var last error
	for {
		attempt, cancel := context.WithTimeout(ctx, attemptTimeout)
		err := probe(attempt)
		cancel()
		if err == nil {
			return nil
		}
		if ctx.Err() == nil || last == nil {
			last = err
		}
		select {
		case <-p.done:
			return p.failure(fmt.Errorf("ended with exit code %d before it was ready", p.ExitCode()))
		case <-ctx.Done():
			return p.failure(fmt.Errorf("not ready: %w", errors.Join(context.Cause(ctx), last)))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (p *Process) failure(err error) error {
	return fmt.Errorf("%s: %w; its log ends:\n%s", p.name, err, Tail(p.log, 4<<10))
}

func appendTo(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}
