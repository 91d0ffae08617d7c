//go:build !linux

package faults

// FirstProcess does nothing: only Linux has orphans given to another process.
func FirstProcess() error { return nil }

func asFirst(binary string) (self string, env []string, err error) { return binary, nil, nil }
