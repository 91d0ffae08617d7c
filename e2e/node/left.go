package node

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/pullgate/pullgate/e2e/containerd"
)

// removeLeft ends what outlasts containerd and does not end with it: shims, and
// the processes in containers. Both are found by what only ours have: our
// folder's path in their arguments, and our cgroup.
func removeLeft(f *containerd.Folder, cgroup string) {
	for range 1200 { // a minute, and more
		pids := append(shims(f.Path("")), members(cgroup)...)
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if len(pids) == 0 && removeCgroups(cgroup) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// shims are the processes, but for zombies, that run a program with the folder in
// their arguments.
func shims(dir string) (pids []int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		args, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err == nil && bytes.Contains(args, []byte(dir+"/")) && bytes.Contains(args, []byte("containerd-shim")) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// cgroupFolders are those of a cgroup and all below it, in all hierarchies, the
// innermost first.
func cgroupFolders(cgroup string) (dirs []string) {
	const root = "/sys/fs/cgroup"
	tops := []string{filepath.Join(root, cgroup)}
	if hierarchies, err := os.ReadDir(root); err == nil {
		for _, h := range hierarchies {
			tops = append(tops, filepath.Join(root, h.Name(), cgroup))
		}
	}
	for _, top := range tops {
		_ = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				dirs = append(dirs, path)
			}
			return nil // Others may vanish while we look.
		})
	}
	slices.Reverse(dirs)
	return dirs
}

// members are the processes in a cgroup.
func members(cgroup string) (pids []int) {
	for _, dir := range cgroupFolders(cgroup) {
		content, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		if err != nil {
			continue
		}
		for field := range strings.FieldsSeq(string(content)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// removeCgroups tells whether they are all gone.
func removeCgroups(cgroup string) bool {
	gone := true
	for _, dir := range cgroupFolders(cgroup) {
		if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			gone = false
		}
	}
	return gone
}
