package process

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func shell(t *testing.T, grace time.Duration, script string) *Process {
	t.Helper()
	p, err := Start(Options{
		Name:  "script",
		Path:  "/bin/sh",
		Args:  []string{"-c", script},
		Dir:   t.TempDir(),
		Env:   []string{"GREETING=hello"},
		Grace: grace,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop() })
	return p
}

// logged waits for a line of the script, to know that it is past a point.
func logged(t *testing.T, p *Process, line string) {
	t.Helper()
	err := p.WaitReady(t.Context(), func(context.Context) error {
		if !strings.Contains(Tail(p.Log(), 1<<10), line) {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStop(t *testing.T) {
	tests := map[string]struct {
		script string
		grace  time.Duration
		want   int
	}{
		"ends when asked":       {`trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done`, time.Minute, 7},
		"ends only when killed": {`trap '' TERM; echo up; while :; do sleep 0.05; done`, 100 * time.Millisecond, -1},
		"has ended already":     {`echo up; exit 3`, 0, 3},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := shell(t, tc.grace, tc.script)
			if tc.want == 3 {
				<-p.Done()
			} else {
				logged(t, p, "up")
			}
			if got := p.Stop(); got != tc.want {
				t.Errorf("Stop() = %d, want %d", got, tc.want)
			}
			if again := p.Stop(); again != tc.want {
				t.Errorf("second Stop() = %d, want %d", again, tc.want)
			}
			if err := syscall.Kill(p.Pid(), 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("the process is still there: %v", err)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("KUBECONFIG", "/of/the/machine")
	p := shell(t, 0, `env; pwd`)
	<-p.Done()
	out := Tail(p.Log(), 4<<10)
	dir := filepath.Dir(p.Log())
	for _, want := range []string{"GREETING=hello", "HOME=" + dir, "PATH=", dir} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if strings.Contains(out, "/of/the/machine") {
		t.Errorf("the environment of the machine leaked in:\n%s", out)
	}
}

func TestWaitReadyTellsTheLog(t *testing.T) {
	t.Run("the process ends", func(t *testing.T) {
		p := shell(t, 0, `echo "bind: address already in use" >&2; exit 1`)
		err := p.WaitReady(t.Context(), func(context.Context) error { return errors.New("refused") })
		wantError(t, err, "script", "exit code 1", "bind: address already in use")
	})
	t.Run("the context ends", func(t *testing.T) {
		p := shell(t, 0, `echo "still thinking"; while :; do sleep 0.05; done`)
		logged(t, p, "still thinking")
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		err := p.WaitReady(ctx, func(context.Context) error { return errors.New("connection refused") })
		wantError(t, err, "not ready", "connection refused", "still thinking")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v is no context.DeadlineExceeded", err)
		}
	})
}

func TestStartOfAMissingBinary(t *testing.T) {
	_, err := Start(Options{Name: "nothing", Path: filepath.Join(t.TempDir(), "nothing"), Dir: t.TempDir()})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("err = %v, want os.ErrNotExist", err)
	}
}

func TestTail(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(file, []byte("one\ntwo\nthree\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := Tail(file, 8), "three"; got != want {
		t.Errorf("Tail(8) = %q, want %q", got, want)
	}
	if got, want := Tail(file, 100), "one\ntwo\nthree"; got != want {
		t.Errorf("Tail(100) = %q, want %q", got, want)
	}
	if got := Tail(file+".none", 10); !strings.Contains(got, "no log") {
		t.Errorf("Tail of no file = %q", got)
	}
}

// Also for servers that start at the same time, none of which has its port yet.
func TestFreePortsDiffer(t *testing.T) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	seen := map[int]bool{}
	for range 50 {
		wg.Go(func() {
			free, err := FreePorts(20)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, port := range free {
				if seen[port] || port < firstPort || port >= firstPort+ports {
					t.Errorf("port %d", port)
				}
				seen[port] = true
			}
		})
	}
	wg.Wait()
	if len(seen) != 1000 {
		t.Errorf("%d ports", len(seen))
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not mention %q", err, part)
		}
	}
}
