package containerd

import (
	"errors"
	"os"
	"slices"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// Possible tells what is missing for a containerd to run here.
func Possible() error {
	if os.Geteuid() != 0 {
		return errors.New("containerd needs root: run it as root, on Linux")
	}
	return nil
}

func mountMemory(dir string) error {
	return unix.Mount("pullgate-node", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0700,size=2g")
}

// unmountAll removes every mount in the folder, and that of the folder itself.
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
