package containerd

import (
	"context"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/pullgate/pullgate/e2e/process"
)

// Options says what to start.
type Options struct {
	// Binary is the program build.Containerd.
	Binary string
	// CertsD is the folder that says where registries are, containerd's
	// registry.config_path.
	CertsD string
	// LocalPull has it pull with its client, as it does by itself where its
	// configuration holds something that its transfer service can't do. Without
	// it the transfer service pulls, as out of the box.
	LocalPull bool
	// Header is added to all requests to registries.
	Header string
	// Runtime says how to run containers. Without it none can be run.
	Runtime *Runtime
}

// Runtime is what runs containers.
type Runtime struct {
	// Shim and Runc are the programs build.ContainerdShim and build.Runc.
	Shim, Runc string
	// CNIBin and CNIConf are the folders of the network plugins and of their
	// configuration.
	CNIBin, CNIConf string
	// Pause is the image of a Pod's sandbox.
	Pause string
}

// Containerd is a running containerd.
type Containerd struct {
	folder  *Folder
	process *process.Process
	conn    *grpc.ClientConn
}

// Start starts containerd in a folder and waits until its CRI answers.
func Start(ctx context.Context, f *Folder, o Options) (*Containerd, error) {
	c := &Containerd{folder: f}
	if err := c.start(ctx, o); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

func (c *Containerd) start(ctx context.Context, o Options) error {
	file := c.folder.Path("config.toml")
	if err := os.WriteFile(file, []byte(configuration(c.folder, o)), 0o600); err != nil {
		return err
	}
	var err error
	c.process, err = process.Start(process.Options{
		Name: "containerd",
		Path: o.Binary,
		Args: []string{"--config", file},
		Dir:  c.folder.Path(""),
	})
	if err != nil {
		return err
	}
	c.conn, err = grpc.NewClient(c.Endpoint(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	client := runtimeapi.NewImageServiceClient(c.conn)
	return c.process.WaitReady(ctx, func(ctx context.Context) error {
		// Asked too early, gRPC takes a second before it tries again.
		if _, err := os.Stat(socket(c.folder)); err != nil {
			return err
		}
		_, err := client.ImageFsInfo(ctx, &runtimeapi.ImageFsInfoRequest{})
		return err
	})
}

// Stop ends containerd. What it ran, it leaves running, and the folder stays.
func (c *Containerd) Stop() {
	if c == nil {
		return
	}
	if c.conn != nil {
		_ = c.conn.Close()
	}
	if c.process != nil {
		c.process.Stop()
	}
}

// Conn is a connection to containerd's own services and to its CRI.
func (c *Containerd) Conn() *grpc.ClientConn { return c.conn }

// Endpoint is where the kubelet finds the CRI.
func (c *Containerd) Endpoint() string { return "unix://" + socket(c.folder) }

// Log is containerd's log.
func (c *Containerd) Log() string { return c.process.Log() }

func socket(f *Folder) string { return f.Path("containerd.sock") }
