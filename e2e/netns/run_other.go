//go:build !linux

package netns

import (
	"context"
	"errors"
)

// Run needs Linux.
func Run(context.Context, []string) (inside bool, code int, err error) {
	return false, 1, errors.New("enter a network namespace: it needs Linux, and root there")
}

// Inside is nowhere but on Linux.
func Inside() error { return errors.New("network namespace: it needs Linux, and root there") }
