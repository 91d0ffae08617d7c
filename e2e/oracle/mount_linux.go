package oracle

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// possible tells what is missing for a node to run here.
func possible() error {
	if os.Geteuid() != 0 {
		return errors.New("containerd needs root: run it as root, on Linux")
	}
	return nil
}

// mountMemory keeps a folder in memory. Containerd syncs each blob to the disk,
// which takes most of the time of a pull, and nothing here need outlast the
// process.
func mountMemory(dir string) error {
	if err := unix.Mount("pullgate-node", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0700,size=2g"); err != nil {
		return fmt.Errorf("mount a tmpfs: %w", err)
	}
	return nil
}

// unmountAll removes every mount in the folder, and that of the folder itself.
// A containerd that was killed may have left some.
func unmountAll(dir string) {
	mounts, err := mountinfo.GetMounts(mountinfo.PrefixFilter(dir))
	if err != nil {
		return
	}
	// The last one first: it may lie on or in another.
	for _, m := range slices.Backward(mounts) {
		_ = unix.Unmount(m.Mountpoint, unix.MNT_DETACH)
	}
}
