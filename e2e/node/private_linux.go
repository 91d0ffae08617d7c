package node

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/pullgate/pullgate/e2e/containerd"
)

// fixedFolders are where the node's programs write whatever they are told.
func fixedFolders() []string {
	return []string{
		"/run/containerd",     // the shims' sockets, runc's state
		"/run/mount",          // what mount(8) has mounted
		"/var/lib/cni",        // what the network plugins answered
		"/var/lib/kubelet",    // device plugins
		"/var/log/containers", // links to logs
	}
}

// tunables are those of the kernel that the kubelet sets for the whole machine,
// as it likes them.
func tunables() []string {
	return []string{
		"vm/overcommit_memory", "vm/panic_on_oom",
		"kernel/panic", "kernel/panic_on_oops",
		"kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes",
	}
}

// private is what this program and those that it starts see in the place of what
// is the machine's: empty folders, and files that only look like tunables.
type private struct {
	mounted []string
	made    []string // folders that were not there at all
}

// newPrivate makes it all, or nothing.
func newPrivate(f *containerd.Folder) (*private, error) {
	p := &private{}
	for _, dir := range fixedFolders() {
		if err := p.cover(dir); err != nil {
			p.remove()
			return nil, fmt.Errorf("cover %s: %w", dir, err)
		}
	}
	for _, name := range tunables() {
		if err := p.standIn("/proc/sys/"+name, f.Path("sysctl/"+name)); err != nil {
			p.remove()
			return nil, fmt.Errorf("stand in for the tunable %s: %w", name, err)
		}
	}
	return p, nil
}

func (p *private) cover(dir string) error {
	if err := p.make(dir); err != nil {
		return err
	}
	if err := unix.Mount("pullgate-node", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0711"); err != nil {
		return err
	}
	p.mounted = append(p.mounted, dir)
	return nil
}

// make makes a folder, and notes which of its parents it made as well.
func (p *private) make(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := p.make(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o711); err != nil { //nolint:gosec // as the programs would make it themselves
		return err
	}
	p.made = append(p.made, dir)
	return nil
}

// standIn puts a copy of a file in its place.
func (p *private) standIn(file, copied string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(copied), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(copied, content, 0o600); err != nil { //nolint:gosec // the names are in our own list
		return err
	}
	if err := unix.Mount(copied, file, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	p.mounted = append(p.mounted, file)
	return nil
}

// remove takes all of it away again.
func (p *private) remove() {
	if p == nil {
		return
	}
	for _, place := range slices.Backward(p.mounted) {
		_ = unix.Unmount(place, unix.MNT_DETACH)
	}
	for _, dir := range slices.Backward(p.made) {
		_ = os.Remove(dir) // It stays if somebody else has put something there.
	}
	p.mounted, p.made = nil, nil
}
