//go:build !linux

package containerd

import "errors"

// Possible tells what is missing for a containerd to run here.
func Possible() error { return errors.New("containerd needs Linux, and root there") }

func mountMemory(string) error { return nil }

func unmountAll(string) {}
