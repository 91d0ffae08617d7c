//go:build unix && !linux

package process

import "syscall"

// attributes puts the process into a group of its own, so that a Ctrl-C on the
// terminal reaches only us and everything is stopped in order. Only Linux ends
// it by itself when we are killed and can't.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
