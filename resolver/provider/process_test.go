//go:build unix

package provider

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a plugin that was run as one.
type process struct {
	report, childReport, ended string
}

// start prepares a script whose process, and whose child's, end with the test whatever
// becomes of it.
func start(t *testing.T, s *script) process {
	t.Helper()
	adopt(t)
	dir := t.TempDir()
	p := process{filepath.Join(dir, "plugin"), filepath.Join(dir, "child"), filepath.Join(dir, "ended")}
	s.Report = p.report
	if s.Child != nil {
		s.Child.Report, s.Child.Ended = p.childReport, p.ended
	}
	t.Cleanup(func() {
		for _, path := range []string{p.report, p.childReport} {
			if r, ok := reported(path); ok {
				_ = syscall.Kill(-r.PID, syscall.SIGKILL)
				_ = syscall.Kill(r.PID, syscall.SIGKILL)
			}
		}
	})
	return p
}

// wait waits until a plugin has written a report.
func (process) wait(t *testing.T, path string) report {
	t.Helper()
	for range 6000 {
		if r, ok := reported(path); ok {
			return r
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the plugin does not report")
	return report{}
}

// wantGone requires that a process is no more.
func wantGone(t *testing.T, who string, pid int) {
	t.Helper()
	if pid <= 1 {
		t.Fatalf("%s has the number %d", who, pid)
	}
	for range 1000 { // the last of it may be somebody else's to do
		if reaped(pid) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%s is still there, if only as a zombie", who)
}

var perfect = string(says("Registry", "1h", "r.io", "u", "p").Stdout)

// TestProcess: what becomes of what a plugin prints, and how it ends (P13, P17, P18).
func TestProcess(t *testing.T) {
	const lots = 60_000
	for name, tc := range map[string]struct {
		script script
		stdin  int
		stdout int // bytes
		stderr int
		want   string // of the error, "" for none
	}{
		"an answer":                     {script{Stdout: perfect}, 0, len(perfect), 0, ""},
		"exit 1 with an answer (P13)":   {script{Stdout: perfect, Exit: 1}, 0, len(perfect), 0, "it ends with exit status 1"},
		"much on stderr (P17)":          {script{FloodStderr: lots, Stdout: perfect}, 0, len(perfect), maxStderr, ""},
		"much on stdin, unread (P17)":   {script{Stdout: perfect}, 10 * maxStdout, len(perfect), 0, ""},
		"as much as is read":            {script{FloodStdout: maxStdout - len(perfect), Stdout: perfect}, 0, maxStdout, 0, ""},
		"a byte more (P18)":             {script{FloodStdout: maxStdout - len(perfect) + 1, Stdout: perfect}, 0, maxStdout, 0, "it answers with more than 1024 KiB"},
		"a flood (P18)":                 {script{FloodStdout: 64 << 20, Stdout: perfect, Hang: true}, 0, maxStdout, 0, "it answers with more than 1024 KiB"},
		"a flood, and it ends as a bad": {script{FloodStdout: 64 << 20, Exit: 1}, 0, maxStdout, 0, "it answers with more than 1024 KiB"},
		"nothing":                       {script{}, 0, 0, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, &tc.script)
			c := scriptedCommand(t, tc.script)
			c.Stdin = make([]byte, tc.stdin)
			out, err := processes{}.Run(t.Context(), c)
			if len(out.Stdout) != tc.stdout || len(out.Stderr) != tc.stderr {
				t.Errorf("%d and %d bytes, want %d and %d", len(out.Stdout), len(out.Stderr), tc.stdout, tc.stderr)
			}
			if got := errorText(err); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
			wantGone(t, "the plugin", p.wait(t, p.report).PID)
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestChildStays: an answer is used though a child of the plugin holds its stdout, and
// the child does not stay (P20, P21).
func TestChildStays(t *testing.T) {
	for name, s := range map[string]script{
		"exit 0":                  {Child: &script{Hang: true}, Stdout: perfect},
		"exit 1":                  {Child: &script{Hang: true}, Stdout: perfect, Exit: 1},
		"it writes more":          {Child: &script{Stderr: "more", Hang: true}, Stdout: perfect},
		"a flood, and it is left": {Child: &script{Hang: true}, FloodStdout: 2 * maxStdout, Stdout: perfect},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, &s)
			out, err := processes{}.Run(t.Context(), scriptedCommand(t, s))
			if good := err == nil && string(out.Stdout) == perfect; good != (s.Exit == 0 && s.FloodStdout == 0) {
				t.Errorf("%q, %v", out.Stdout[:min(len(out.Stdout), len(perfect))], err)
			}
			wantGone(t, "the child", p.wait(t, p.report).Child)
			if _, err := os.Stat(p.ended); err == nil {
				t.Error("the child was waited for")
			}
		})
	}
}

// TestHangs: a plugin that hangs is killed together with what it has started.
func TestHangs(t *testing.T) {
	s := script{Child: &script{Hang: true}, Stdout: perfect, Hang: true}
	p := start(t, &s)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error)
	c := scriptedCommand(t, s)
	go func() {
		_, err := processes{}.Run(ctx, c)
		ended <- err
	}()
	r := p.wait(t, p.report)
	child := p.wait(t, p.childReport)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	wantGone(t, "the plugin", r.PID)
	wantGone(t, "its child", child.PID)
	if r.Child != child.PID {
		t.Errorf("the child is %d, and not %d", child.PID, r.Child)
	}
}

// TestCannotStart: a plugin that was there when pullgate started (P66).
func TestCannotStart(t *testing.T) {
	dir := t.TempDir()
	plain := write(t, filepath.Join(dir, "plain"), "")
	nonsense := write(t, filepath.Join(dir, "nonsense"), "hunter2")
	if err := os.Chmod(nonsense, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ path, want string }{
		"it is gone":          {filepath.Join(dir, "gone"), "it cannot be started: no such file or directory"},
		"it may not be run":   {plain, "it cannot be started: permission denied"},
		"it is no program":    {nonsense, "it cannot be started: exec format error"},
		"its folder is gone":  {filepath.Join(dir, "none", "gone"), "it cannot be started: no such file or directory"},
		"it is a folder":      {dir, "it cannot be started: permission denied"},
		"a name with a NUL":   {filepath.Join(dir, "a\x00b"), "it cannot be started: "},
		"a value with a NUL":  {plain, "it cannot be started: "},
		"a folder of nothing": {filepath.Join(plain, "plugin"), "it cannot be started: not a directory"},
	} {
		c := Command{Path: tc.path}
		if strings.HasPrefix(name, "a value") {
			c.Env = []string{"A=hunter2\x00"}
		}
		_, err := processes{}.Run(t.Context(), c)
		if err == nil || !strings.HasPrefix(err.Error(), tc.want) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), dir) {
			t.Errorf("%s on %s: %v, want %q", name, runtime.GOOS, err, tc.want)
		}
	}
}

// TestCloseKills: plugins do not outlive pullgate, nor does what they have started.
func TestCloseKills(t *testing.T) {
	s := script{Child: &script{Hang: true}, Stdout: perfect, Hang: true}
	p := start(t, &s)
	set := New(&Config{Providers: []Provider{plantedProvider(pluginDir(t), s)}},
		Options{Accounts: map[TokenMode]Accounts{PodTokens: plantedAccounts{}}})
	q := question("r.io/app").of(PodTokens, "team", "builder")
	q.Timeout = hang
	asked := set.Ask(t.Context(), q)
	r, child := p.wait(t, p.report), p.wait(t, p.childReport)
	set.Close()
	wantGone(t, "the plugin", r.PID)
	wantGone(t, "its child", child.PID)
	asked.Wait(t.Context()).want(t, "at the end", "failed: "+pluginName)
}
