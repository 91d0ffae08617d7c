package containerd

import (
	"fmt"
	"os"
	"path/filepath"
)

// Folder is a folder in memory. Containerd syncs each blob to the disk, which
// takes most of the time of a pull, and nothing of it need outlast the process.
type Folder struct{ dir string }

// NewFolder makes a folder.
func NewFolder() (*Folder, error) {
	dir, err := os.MkdirTemp("", "pullgate-node-")
	if err != nil {
		return nil, err
	}
	// Mounts are found by their real path.
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		_ = os.Remove(dir)
		return nil, err
	}
	f := &Folder{dir: resolved}
	if err := mountMemory(f.dir); err != nil {
		_ = os.Remove(dir)
		return nil, fmt.Errorf("mount a tmpfs: %w", err)
	}
	return f, nil
}

// Path is that of a name in the folder; the folder's own if it is empty.
func (f *Folder) Path(name string) string { return filepath.Join(f.dir, name) }

// Remove removes the folder, and every mount in it first: a containerd that was
// killed may have left some.
func (f *Folder) Remove() {
	if f == nil {
		return
	}
	unmountAll(f.dir)
	_ = os.RemoveAll(f.dir)
}
