package provider

import (
	"syscall"
	"testing"
)

// adopt makes this process what pullgate is in its container: who inherits the orphans
// of its plugins, and has to reap them.
func adopt(t *testing.T) {
	t.Helper()
	const setChildSubreaper = 36 // PR_SET_CHILD_SUBREAPER
	set := func(to uintptr) {
		if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, to, 0); errno != 0 {
			t.Error(errno)
		}
	}
	set(1)
	t.Cleanup(func() { set(0) })
}

// reaped reports whether nothing is left of a process.
func reaped(pid int) bool { return syscall.Kill(pid, 0) == syscall.ESRCH }
