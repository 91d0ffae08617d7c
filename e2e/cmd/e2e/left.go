package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// present are the machine's links, mounts, network namespaces with a name, and
// cgroups of nodes.
func present() (map[string]bool, error) {
	all := map[string]bool{}
	links, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		all["interface "+l.Name] = true
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(mounts)) {
		all["mount "+strings.Fields(line)[4]] = true
	}
	for _, pattern := range []string{"/run/netns/*", "/var/run/netns/*", "/sys/fs/cgroup/pullgate-node*", "/sys/fs/cgroup/*/pullgate-node*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			all["file "+f] = true
		}
	}
	return all, nil
}

// left is an error if there is more than before, anything in our temporary folder,
// or a process that has to do with it.
func left(dir string, before map[string]bool) error {
	var errs []error
	// The kernel takes a moment, or many on a busy machine, to take apart a namespace whose last process ended.
	for range 600 {
		errs = nil
		now, err := present()
		if err != nil {
			return err
		}
		for what := range now {
			if !before[what] {
				errs = append(errs, fmt.Errorf("left behind: %s", what))
			}
		}
		files, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, f := range files {
			errs = append(errs, fmt.Errorf("left behind: file %s", filepath.Join(dir, f.Name())))
		}
		errs = append(errs, processes(dir)...)
		if len(errs) == 0 {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.Join(errs...)
}

// processes are those with the folder in their arguments or their environment: all
// that were started inside have TMPDIR from there.
func processes(dir string) (errs []error) {
	found, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return []error{err}
	}
	for _, p := range found {
		if p == fmt.Sprintf("/proc/%d", os.Getpid()) {
			continue
		}
		args, _ := os.ReadFile(filepath.Join(p, "cmdline")) // It may have ended.
		environment, _ := os.ReadFile(filepath.Join(p, "environ"))
		if bytes.Contains(args, []byte(dir)) || bytes.Contains(environment, []byte(dir)) {
			errs = append(errs, fmt.Errorf("left behind: process %s %q", filepath.Base(p), bytes.ReplaceAll(args, []byte{0}, []byte{' '})))
		}
	}
	return errs
}
