package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/containerd"
	"github.com/pullgate/pullgate/e2e/netns"
	"github.com/pullgate/pullgate/e2e/process"
)

// startTimeout is how long a node may take until it is ready: seconds on an idle
// machine.
const startTimeout = 10 * time.Minute

// Address is the node's, to be given to netns.Run: a kubelet does not take one of
// loopback's own. It belongs to the addresses for documentation.
const Address = "192.0.2.1"

// Options says what to start.
type Options struct {
	// Binaries are the programs of build.Node.
	Binaries build.Paths
	// CertsD is the folder that says where registries are.
	CertsD string
	// CredentialProviders is the kubelet's file, and ProviderBinDir the folder of its
	// plugins; none if empty.
	CredentialProviders, ProviderBinDir string
	// Name is the node's; "node-1" if empty.
	Name string
}

// Node is a running node.
type Node struct {
	name       string
	folder     *containerd.Folder
	private    *private
	links      *links
	pause      *pauseRegistry
	containerd *containerd.Containerd
	kubelet    *process.Process
	stop       sync.Once
}

// Start starts a node and waits until Pods can be scheduled to it, for which the
// cluster needs its controller manager. It ends with Stop, or when ctx does; a
// start that fails leaves nothing behind either.
func Start(ctx context.Context, c *cluster.Cluster, o Options) (*Node, error) {
	if err := check(&o); err != nil {
		return nil, fmt.Errorf("start the node: %w", err)
	}
	n := &Node{name: o.Name}
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := n.start(starting, c, o); err != nil {
		n.Stop()
		return nil, fmt.Errorf("start the node: %w", err)
	}
	context.AfterFunc(ctx, n.Stop)
	return n, nil
}

func check(o *Options) error {
	if err := containerd.Possible(); err != nil {
		return err
	}
	if err := netns.Inside(); err != nil {
		return err
	}
	for _, name := range build.Node() {
		if o.Binaries[name] == "" {
			return fmt.Errorf("no %s binary given", name)
		}
	}
	if o.CertsD == "" {
		return errors.New("no certs.d folder given")
	}
	if o.Name == "" {
		o.Name = "node-1"
	}
	var err error
	o.CertsD, err = filepath.Abs(o.CertsD)
	return err
}

func (n *Node) start(ctx context.Context, c *cluster.Cluster, o Options) error {
	var err error
	if n.links, err = noteLinks(); err != nil {
		return err
	}
	if n.folder, err = containerd.NewFolder(); err != nil {
		return err
	}
	if n.private, err = newPrivate(n.folder); err != nil {
		return err
	}
	if err := n.startContainerd(ctx, o); err != nil {
		return err
	}
	return n.startKubelet(ctx, c, o)
}

func (n *Node) startContainerd(ctx context.Context, o Options) error {
	bin, conf, err := configureNetwork(n.folder, o.Binaries)
	if err != nil {
		return err
	}
	if n.pause, err = servePause(ctx, o.Binaries[build.Pause]); err != nil {
		return err
	}
	n.containerd, err = containerd.Start(ctx, n.folder, containerd.Options{
		Binary: o.Binaries[build.Containerd],
		CertsD: o.CertsD,
		Runtime: &containerd.Runtime{
			Shim:    o.Binaries[build.ContainerdShim],
			Runc:    o.Binaries[build.Runc],
			CNIBin:  bin,
			CNIConf: conf,
			Pause:   n.pause.image,
		},
	})
	if err != nil {
		return err
	}
	return n.pause.pull(ctx, n.containerd)
}

// Stop ends everything, last started first, and removes everything of the node.
// It may be called more than once, and returns when everything is gone.
func (n *Node) Stop() {
	n.stop.Do(func() {
		if n.kubelet != nil {
			n.kubelet.Stop()
		}
		if n.containerd != nil {
			removeSandboxes(n.containerd)
			n.containerd.Stop()
		}
		n.pause.close()
		if n.folder != nil {
			removeLeft(n.folder, n.cgroup())
		}
		n.private.remove()
		n.folder.Remove()
		n.links.remove()
	})
}

// Name is the node's.
func (n *Node) Name() string { return n.name }

// Logs are the ends of the kubelet's and of containerd's log.
func (n *Node) Logs() (kubelet, containerd string) {
	const size = 16 << 10
	return process.Tail(n.kubelet.Log(), size), process.Tail(n.containerd.Log(), size)
}

// cgroup is the one that all containers of the node are in.
func (n *Node) cgroup() string { return "/" + filepath.Base(n.folder.Path("")) }

// makeFolders makes folders in the node's own.
func makeFolders(f *containerd.Folder, names ...string) error {
	for _, name := range names {
		if err := os.MkdirAll(f.Path(name), 0o755); err != nil { //nolint:gosec // a container need not run as root
			return err
		}
	}
	return nil
}
