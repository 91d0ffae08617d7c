package process

import (
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// inGroup runs a command in a process group of its own, and ends the whole group
// with it: when the context is done, and when the command has ended by itself. The
// kernel ends the command when we are killed.
func inGroup(cmd *exec.Cmd, delay time.Duration) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	kill := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel, cmd.WaitDelay = kill, delay
	// The kernel takes the end of the thread that started it for our death.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	_ = kill() // Nobody is left, or somebody who must not be.
	return err
}
