//go:build !linux

package process

import (
	"os/exec"
	"time"
)

// inGroup runs a command. What it leaves behind stays.
func inGroup(cmd *exec.Cmd, delay time.Duration) error {
	cmd.WaitDelay = delay
	return cmd.Run()
}
