//go:build conformance && linux

package netns

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// role tells the test binary, run once more, what to do inside.
const role = "PULLGATE_TEST_ROLE"

func TestMain(m *testing.M) {
	what := os.Getenv(role)
	if what == "" {
		os.Exit(m.Run())
	}
	inside, code, err := Run(context.Background(), []string{"10.1.2.3/32", "10.1.2.4/32"})
	switch {
	case err != nil:
		println(err.Error())
		os.Exit(1)
	case !inside:
		os.Exit(code)
	}
	os.Exit(roles()[what]())
}

// roles are what the program does inside; each returns an exit code.
func roles() map[string]func() int {
	return map[string]func() int{
		"exit": func() int { return 7 },
		"killed": func() int {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			time.Sleep(time.Minute)
			return 0
		},
		"wait": func() int {
			println("pid", os.Getpid())
			time.Sleep(time.Minute)
			return 0
		},
		"listen": func() int {
			for _, address := range []string{"127.0.0.1:0", "[::1]:0", "127.0.0.2:0", "10.1.2.3:0", "10.1.2.4:0"} {
				l, err := net.Listen("tcp", address)
				if err != nil {
					println(err.Error())
					return 1
				}
				conn, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					println(err.Error())
					return 1
				}
				_ = conn.Close()
			}
			if links, err := net.Interfaces(); err != nil || len(links) != 1 {
				println("not only loopback", len(links))
				return 1
			}
			return 0
		},
	}
}

func program(t *testing.T, what string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("this test needs root: `make conformance` is run as root, on Linux")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), role+"="+what)
	out := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

func TestRun(t *testing.T) {
	for what, want := range map[string]int{"exit": 7, "killed": 128 + 9, "listen": 0} {
		t.Run(what, func(t *testing.T) {
			cmd, out := program(t, what)
			_ = cmd.Run()
			if got := cmd.ProcessState.ExitCode(); got != want {
				t.Errorf("exit code %d, want %d; it says:\n%s", got, want, out)
			}
		})
	}
}

func TestSignalsArePassedOn(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		cmd, _ := program(t, "wait")
		cmd.Stderr = nil
		pipe, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 64)
		if _, err := pipe.Read(buf); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Process.Signal(sig)
		_ = cmd.Wait()
		// The role inside has no handler: the signal ends it.
		if got, want := cmd.ProcessState.ExitCode(), 128+int(sig); got != want {
			t.Errorf("%s: exit code %d, want %d", sig, got, want)
		}
	}
}

func TestRunInTheWrongNamespace(t *testing.T) {
	outer, err := namespace()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(marker, outer)
	if inside, code, err := Run(t.Context(), nil); inside || code == 0 || err == nil {
		t.Errorf("Run = %v, %d, %v, want an error", inside, code, err)
	}
}
