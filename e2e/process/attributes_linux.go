package process

import "syscall"

// attributes puts the process into a group of its own, so that a Ctrl-C on the
// terminal reaches only us and everything is stopped in order, and has the
// kernel end it when we are killed and can't.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
