package process

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const parentRole = "PULLGATE_TEST_PARENT"

// TestParent is no test: it is the parent that TestDiesWithItsParent kills.
func TestParent(t *testing.T) {
	if os.Getenv(parentRole) == "" {
		return
	}
	p, err := Start(Options{Name: "child", Path: "/bin/sleep", Args: []string{"600"}, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(p.Pid())
	time.Sleep(10 * time.Minute)
}

func TestDiesWithItsParent(t *testing.T) {
	parent := exec.Command(os.Args[0], "-test.run=^TestParent$", "-test.v")
	parent.Env = append(os.Environ(), parentRole+"=1", "TMPDIR="+t.TempDir())
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	child := 0
	for lines := bufio.NewScanner(out); child == 0 && lines.Scan(); {
		child, _ = strconv.Atoi(strings.TrimSpace(lines.Text()))
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // Killed, as it should be.
	if child == 0 {
		t.Fatal("the parent started no child")
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if gone(child) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %d outlived its parent", child)
		}
	}
}

// gone tells whether a process has ended. One that nobody has waited for yet,
// as in a container whose first process doesn't, has ended too.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}
