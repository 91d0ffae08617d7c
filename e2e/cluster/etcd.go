package cluster

import (
	"context"
	"path/filepath"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/process"
)

func (c *Cluster) startEtcd(ctx context.Context, clientPort, peerPort int) error {
	client := "http://" + process.Loopback(clientPort)
	peer := "http://" + process.Loopback(peerPort)
	args := []string{
		"--name=default",
		"--data-dir=" + filepath.Join(c.dir, "etcd"),
		"--listen-client-urls=" + client,
		"--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=default=" + peer,
		// The data need not survive a power cut.
		"--unsafe-no-fsync",
	}
	return c.launch(ctx, build.Etcd, args, func(ctx context.Context) error {
		return process.Healthy(ctx, direct(nil), client+"/health")
	})
}
