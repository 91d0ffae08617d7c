package node

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/pullgate/pullgate/e2e/containerd"
	"github.com/pullgate/pullgate/e2e/process"
	"github.com/pullgate/pullgate/e2e/registry"
)

// pauseRegistry is a registry, on loopback, of the image of a Pod's sandbox. It
// is asked once, before there are any Pods.
type pauseRegistry struct {
	image  string
	server *http.Server
}

func servePause(ctx context.Context, program string) (*pauseRegistry, error) {
	content, err := registry.ProgramImage(program)
	if err != nil {
		return nil, err
	}
	l, err := process.Listen()
	if err != nil {
		return nil, err
	}
	p := &pauseRegistry{
		image: l.Addr().String() + "/pause:1",
		server: &http.Server{
			Handler:           ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0))),
			ReadHeaderTimeout: 10 * time.Second,
		},
	}
	go func() { _ = p.server.Serve(l) }() // Ends with close.
	ref, err := name.NewTag(p.image)
	if err == nil {
		err = remote.Write(ref, content, remote.WithContext(ctx), remote.WithTransport(&http.Transport{}))
	}
	if err != nil {
		p.close()
		return nil, fmt.Errorf("serve the pause image: %w", err)
	}
	return p, nil
}

// pull has containerd pull the image.
func (p *pauseRegistry) pull(ctx context.Context, c *containerd.Containerd) error {
	request := &runtimeapi.PullImageRequest{Image: &runtimeapi.ImageSpec{Image: p.image}}
	if _, err := runtimeapi.NewImageServiceClient(c.Conn()).PullImage(ctx, request); err != nil {
		return fmt.Errorf("pull the pause image: %w", err)
	}
	p.close()
	return nil
}

func (p *pauseRegistry) close() {
	if p != nil {
		_ = p.server.Close()
	}
}
