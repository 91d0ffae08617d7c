//go:build unix

package provider

import (
	"os/exec"
	"syscall"
	"time"
)

// group is the process group of a plugin: it and all that it has started.
type group struct{ cmd *exec.Cmd }

// newGroup has a command start in a group of its own, all of which its context ends.
func newGroup(cmd *exec.Cmd) group {
	g := group{cmd}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return g
}

const (
	// reapTries and reapEvery are how often, and how fast, the killed are looked for.
	reapTries = 50
	reapEvery = 10 * time.Millisecond
)

// end kills what is left of the group, and waits for it: in its container pullgate is
// process 1, and what it does not wait for stays as a zombie. Where it is not,
// the orphans are somebody else's, and there is nobody to wait for.
func (g group) end() {
	id := g.cmd.Process.Pid
	if syscall.Kill(-id, syscall.SIGKILL) != nil {
		return // nobody is left
	}
	for range reapTries {
		switch pid, err := syscall.Wait4(-id, nil, syscall.WNOHANG, nil); {
		case err == syscall.EINTR, err == nil && pid > 0:
		case err != nil:
			return // no children of ours
		default:
			time.Sleep(reapEvery)
		}
	}
}
