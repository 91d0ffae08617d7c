package oracle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	internalapi "k8s.io/cri-api/pkg/apis"
	cri "k8s.io/cri-client/pkg"
	"k8s.io/klog/v2"
	"k8s.io/klog/v2/textlogger"

	"github.com/pullgate/pullgate/e2e/containerd"
)

const (
	// startTimeout is how long containerd may take until it is ready.
	startTimeout = 5 * time.Minute
	// requestTimeout is the kubelet's runtimeRequestTimeout; it does not apply
	// to pulls.
	requestTimeout = 2 * time.Minute
)

// Options says what to start.
type Options struct {
	// Containerd is the program build.Containerd.
	Containerd string
	// CertsD is the folder that says where registries are, containerd's
	// registry.config_path.
	CertsD string
	// LocalPull makes it a node of the second kind, whose containerd pulls with
	// its client instead of its transfer service.
	LocalPull bool
	// Header is added to all requests to registries, so that these can tell
	// nodes apart. Nothing in containerd depends on it.
	Header string
}

// Node is the part of a node that pulls images.
type Node struct {
	folder     *containerd.Folder
	containerd *containerd.Containerd
	log        *os.File
	logger     klog.Logger
	images     internalapi.ImageManagerService
	own        ownership
	records    string // the folder of the kubelet's records
	stop       sync.Once

	// mu is held for reading by who uses the kubelet, and for writing by Reset.
	mu      sync.RWMutex
	kubelet *kubelet
}

// Start starts a node and waits until it is ready. It ends with Stop, or when
// ctx does; a start that fails leaves nothing behind either.
func Start(ctx context.Context, o Options) (*Node, error) {
	if err := containerd.Possible(); err != nil {
		return nil, fmt.Errorf("start the node: %w", err)
	}
	if o.Containerd == "" || o.CertsD == "" {
		return nil, errors.New("start the node: no containerd, or no certs.d folder given")
	}
	certsD, err := filepath.Abs(o.CertsD)
	if err != nil {
		return nil, fmt.Errorf("start the node: %w", err)
	}
	n := &Node{}
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	o.CertsD = certsD
	if err := n.start(starting, o); err != nil {
		n.Stop()
		return nil, fmt.Errorf("start the node: %w", err)
	}
	context.AfterFunc(ctx, n.Stop)
	return n, nil
}

func (n *Node) start(ctx context.Context, o Options) error {
	var err error
	if n.folder, err = containerd.NewFolder(); err != nil {
		return err
	}
	n.containerd, err = containerd.Start(ctx, n.folder, containerd.Options{
		Binary: o.Containerd, CertsD: o.CertsD, LocalPull: o.LocalPull, Header: o.Header,
	})
	if err != nil {
		return err
	}
	if n.log, err = os.Create(n.folder.Path("kubelet.log")); err != nil {
		return err
	}
	// The kubelet's code logs at every turn, and that is not for the terminal.
	n.logger = textlogger.NewLogger(textlogger.NewConfig(textlogger.Output(n.log), textlogger.Verbosity(3)))
	n.own, n.records = asIs(), n.folder.Path("kubelet")
	return n.wire(klog.NewContext(ctx, n.logger), n.containerd.Endpoint())
}

// wire makes the kubelet's part.
func (n *Node) wire(ctx context.Context, endpoint string) (err error) {
	n.images, err = cri.NewRemoteImageServiceBuilder().
		WithEndpoint(endpoint).
		WithConnectionTimeout(requestTimeout).
		Build(ctx)
	if err != nil {
		return err
	}
	n.kubelet, err = newKubelet(ctx, n.images, n.records, n.own)
	return err
}

// Endpoint is where containerd serves its CRI.
func (n *Node) Endpoint() string { return n.containerd.Endpoint() }

// Stop ends containerd and removes everything of the node. It may be called
// more than once, and returns when everything is gone.
func (n *Node) Stop() {
	n.stop.Do(func() {
		if n.images != nil {
			_ = n.images.Close(context.Background())
		}
		n.containerd.Stop()
		if n.log != nil {
			_ = n.log.Close()
		}
		n.folder.Remove()
	})
}

// Logs are the files in which containerd and the kubelet's code tell what they
// do. They go when the node stops.
func (n *Node) Logs() (containerd, kubelet string) {
	return n.containerd.Log(), n.log.Name()
}
