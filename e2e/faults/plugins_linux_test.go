package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/fakeprovider"
)

// A plugin that runs is counted, and so is what it leaves behind, dead or alive.
func TestProcesses(t *testing.T) {
	binaries, err := build.Ensure(t.Context(), os.Stderr, build.FakeProvider)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlugins(t.TempDir(), binaries[build.FakeProvider])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.end)
	want := func(n int) {
		t.Helper()
		if err := eventually(t.Context(), time.Minute, time.Millisecond, func(context.Context) error {
			if got, err := p.processes(os.Getpid()); err != nil || got != n {
				return errors.Join(err, fmt.Errorf("%d processes, want %d", got, n))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	want(0)
	script := fakeprovider.Script{Quiet: left, Sleep: left}
	plugin := exec.Command(p.path(briefProvider))
	plugin.Env = []string{fakeprovider.Variable + "=" + script.String(), pluginMarker + p.dir}
	if err := plugin.Start(); err != nil {
		t.Fatal(err)
	}
	other := exec.Command(p.path(briefProvider))
	other.Env = []string{fakeprovider.Variable + "=" + script.String(), pluginMarker + p.dir + "/another"}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { (&plugins{dir: p.dir + "/another"}).end() })
	want(2) // the plugin, and its child
	if err := plugin.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	want(2) // it is dead, and not waited for
	if err := plugin.Wait(); err == nil {
		t.Error("it ended by itself")
	}
	want(1)
	p.end()
	want(0)
	if err := other.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("another's plugin has ended: %v", err)
	}
}

// A binary takes the place of one that runs, and of one that is not there.
func TestPut(t *testing.T) {
	binaries, err := build.Ensure(t.Context(), os.Stderr, build.FakeProvider)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlugins(t.TempDir(), binaries[build.FakeProvider])
	if err != nil {
		t.Fatal(err)
	}
	for _, binary := range []int{0, 1, 1, 0} {
		if err := p.put(briefProvider, binary); err != nil {
			t.Fatal(err)
		}
		is, err := os.Stat(p.path(briefProvider))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.Stat(p.binaries[binary])
		if err != nil || !os.SameFile(is, want) {
			t.Errorf("it is not binary %d: %v", binary, err)
		}
		if binary == 1 {
			if err := os.Remove(p.path(briefProvider)); err != nil {
				t.Fatal(err)
			}
		}
	}
}
