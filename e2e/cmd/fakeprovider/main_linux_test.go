package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/pullgate/pullgate/e2e/fakeprovider"
)

// Who looks for children that were left behind finds them by what is in their
// environment.
func TestChildrenHaveTheEnvironment(t *testing.T) {
	path, log := binary(t), filepath.Join(t.TempDir(), "log")
	script := fakeprovider.Script{Log: log, Child: fakeprovider.Duration(5 * time.Minute), Quiet: fakeprovider.Duration(5 * time.Minute)}
	if err := command(t, path, fakeprovider.Variable+"="+script.String(), "A=1").Run(); err != nil {
		t.Fatal(err)
	}
	runs, err := fakeprovider.Runs(log)
	if err != nil || len(runs) != 1 {
		t.Fatalf("%+v, %v", runs, err)
	}
	for _, pid := range []int{runs[0].Child, runs[0].Quiet} {
		entries, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if want := "A=1\x00" + fakeprovider.ChildVariable + "=5m0s\x00"; err != nil || string(entries) != want {
			t.Errorf("a child's environment is %q, %v, want %q", entries, err, want)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}
}
