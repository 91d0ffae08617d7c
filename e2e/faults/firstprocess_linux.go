package faults

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// firstVariable names the program that a replica is to be.
const firstVariable = "PULLGATE_FAULTS_REPLICA"

// FirstProcess makes this program a replica, if it was started as one, and does not
// return then: the binary, as the one to whom the system gives the orphans below it, as
// it is in its container. What it does not wait for is there to be counted.
func FirstProcess() error {
	binary, ok := os.LookupEnv(firstVariable)
	if !ok {
		return nil
	}
	if err := os.Unsetenv(firstVariable); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become the first process: %w", err)
	}
	return fmt.Errorf("become %s: %w", binary, syscall.Exec(binary, os.Args, os.Environ())) //nolint:gosec // the program that starts replicas names it
}

// asFirst is how to start a binary by way of FirstProcess.
func asFirst(binary string) (self string, env []string, err error) {
	self, err = os.Executable()
	return self, []string{firstVariable + "=" + binary}, err
}
