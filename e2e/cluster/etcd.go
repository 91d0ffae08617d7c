package cluster

import (
	"context"
	"fmt"
	"io"
	"net/http"
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
		return healthy(ctx, direct(nil), client+"/health")
	})
}

// healthy succeeds when a URL answers 200.
func healthy(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", url, resp.Status, body)
	}
	return nil
}
