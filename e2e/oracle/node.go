package oracle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	internalapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	cri "k8s.io/cri-client/pkg"
	"k8s.io/klog/v2"
	"k8s.io/klog/v2/textlogger"

	"github.com/pullgate/pullgate/e2e/process"
)

const (
	// startTimeout is how long containerd may take until it is ready.
	startTimeout = time.Minute
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
}

// Node is the part of a node that pulls images.
type Node struct {
	dir        string
	containerd *process.Process
	log        *os.File
	logger     klog.Logger
	conn       *grpc.ClientConn
	images     internalapi.ImageManagerService
	stop       sync.Once

	// mu is held for reading by who uses the kubelet, and for writing by Reset.
	mu      sync.RWMutex
	kubelet *kubelet
}

// Start starts a node and waits until it is ready. It ends with Stop, or when
// ctx does; a start that fails leaves nothing behind either.
func Start(ctx context.Context, o Options) (*Node, error) {
	if err := possible(); err != nil {
		return nil, fmt.Errorf("start the node: %w", err)
	}
	if o.Containerd == "" || o.CertsD == "" {
		return nil, errors.New("start the node: no containerd, or no certs.d folder given")
	}
	certsD, err := filepath.Abs(o.CertsD)
	if err != nil {
		return nil, fmt.Errorf("start the node: %w", err)
	}
	dir, err := os.MkdirTemp("", "pullgate-node-")
	if err != nil {
		return nil, fmt.Errorf("start the node: %w", err)
	}
	n := &Node{dir: dir}
	// The mounts are found by their real path.
	if n.dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, fmt.Errorf("start the node: %w", err)
	}
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := n.start(starting, o.Containerd, certsD); err != nil {
		n.Stop()
		return nil, fmt.Errorf("start the node: %w", err)
	}
	context.AfterFunc(ctx, n.Stop)
	return n, nil
}

func (n *Node) start(ctx context.Context, program, certsD string) error {
	if err := mountMemory(n.dir); err != nil {
		return err
	}
	if err := n.startContainerd(ctx, program, certsD); err != nil {
		return err
	}
	var err error
	if n.log, err = os.Create(n.path("kubelet.log")); err != nil {
		return err
	}
	// The kubelet's code logs at every turn, and that is not for the terminal.
	n.logger = textlogger.NewLogger(textlogger.NewConfig(textlogger.Output(n.log), textlogger.Verbosity(3)))
	ctx = klog.NewContext(ctx, n.logger)
	n.images, err = cri.NewRemoteImageServiceBuilder().
		WithEndpoint("unix://" + n.socket()).
		WithConnectionTimeout(requestTimeout).
		Build(ctx)
	if err != nil {
		return err
	}
	n.kubelet, err = newKubelet(ctx, n.images, n.path("kubelet"))
	return err
}

// startContainerd starts containerd and waits until its image service answers.
func (n *Node) startContainerd(ctx context.Context, program, certsD string) error {
	if err := os.WriteFile(n.path("config.toml"), []byte(n.config(certsD)), 0o600); err != nil {
		return err
	}
	var err error
	n.containerd, err = process.Start(process.Options{
		Name: "containerd",
		Path: program,
		Args: []string{"--config", n.path("config.toml")},
		Dir:  n.dir,
	})
	if err != nil {
		return err
	}
	n.conn, err = grpc.NewClient("unix://"+n.socket(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	client := runtimeapi.NewImageServiceClient(n.conn)
	return n.containerd.WaitReady(ctx, func(ctx context.Context) error {
		// Asked too early, gRPC takes a second before it tries again.
		if _, err := os.Stat(n.socket()); err != nil {
			return err
		}
		_, err := client.ImageFsInfo(ctx, &runtimeapi.ImageFsInfoRequest{})
		return err
	})
}

// Stop ends containerd and removes everything of the node. It may be called
// more than once, and returns when everything is gone.
func (n *Node) Stop() {
	n.stop.Do(func() {
		if n.images != nil {
			_ = n.images.Close(context.Background())
		}
		if n.conn != nil {
			_ = n.conn.Close()
		}
		if n.containerd != nil {
			n.containerd.Stop()
		}
		if n.log != nil {
			_ = n.log.Close()
		}
		unmountAll(n.dir)
		_ = os.RemoveAll(n.dir)
	})
}

// Logs are the files in which containerd and the kubelet's code tell what they
// do. They go when the node stops.
func (n *Node) Logs() (containerd, kubelet string) {
	return n.containerd.Log(), n.log.Name()
}

func (n *Node) path(name string) string { return filepath.Join(n.dir, name) }

func (n *Node) socket() string { return n.path("containerd.sock") }
