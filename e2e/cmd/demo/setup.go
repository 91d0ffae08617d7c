package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/pullgate"
	"github.com/pullgate/pullgate/e2e/registry"
)

const (
	openHost    = "registry.example.com"
	privateHost = "private.example.com"
	user        = "ci"
	password    = "s3cret"
	shop        = "shop" // the namespace that enforces
	dev         = "dev"  // the namespace that the tour makes warn-only
)

// setup is all that runs.
type setup struct {
	binaries build.Paths
	certsD   string
	open     *registry.Registry
	private  *registry.Registry
	cluster  *cluster.Cluster
	server   *pullgate.Server
	undo     []func()
}

// tearDown stops everything, last started first. It may be called twice.
func (s *setup) tearDown() {
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.undo[i]()
	}
	s.undo = nil
}

// setUp starts everything. What it returns is to be torn down, also when it
// returns an error.
func setUp(ctx context.Context, out *terminal) (*setup, error) {
	s := &setup{}
	var err error
	if s.binaries, err = build.Ensure(ctx, out.w, build.Basic()...); err != nil {
		return s, err
	}
	if err := out.during("starting two registries with a few images", func() error { return s.startRegistries(ctx) }); err != nil {
		return s, err
	}
	if err := out.during("starting etcd and kube-apiserver", func() error { return s.startCluster(ctx) }); err != nil {
		return s, err
	}
	return s, out.during("installing and starting pullgate", func() error { return s.startPullgate(ctx) })
}

func (s *setup) startRegistries(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "pullgate-demo-")
	if err != nil {
		return err
	}
	s.undo = append(s.undo, func() { _ = os.RemoveAll(dir) })
	s.certsD = filepath.Join(dir, "certs.d")

	binary := s.binaries[build.Registry]
	if s.open, err = registry.Start(ctx, registry.Options{Binary: binary}); err != nil {
		return err
	}
	s.undo = append(s.undo, s.open.Close)
	users := map[string]registry.User{user: {Password: password}}
	if s.private, err = registry.Start(ctx, registry.Options{Binary: binary, Mode: registry.Htpasswd, Users: users}); err != nil {
		return err
	}
	s.undo = append(s.undo, s.private.Close)

	for _, image := range []struct {
		registry   *registry.Registry
		repository string
		tags       []string
	}{
		{s.open, "shop/web", []string{"v1.4.0", "v1.4.1", "v1.4.2"}},
		{s.open, "shop/cart", []string{"v3.0.0"}},
		{s.private, "shop/billing", []string{"v2.0.1"}},
	} {
		for _, tag := range image.tags {
			if _, err := image.registry.Push(ctx, image.repository, tag); err != nil {
				return err
			}
		}
	}
	return registry.CertsD(s.certsD, map[string]*registry.Registry{openHost: s.open, privateHost: s.private})
}

func (s *setup) startCluster(ctx context.Context) error {
	var err error
	if s.cluster, err = cluster.Start(ctx, cluster.Options{Binaries: s.binaries}); err != nil {
		return err
	}
	s.undo = append(s.undo, s.cluster.Stop)
	for _, namespace := range []string{shop, dev} {
		if _, stderr, err := s.cluster.Kubectl(ctx, "", "create", "namespace", namespace); err != nil {
			return fmt.Errorf("%w: %s", err, stderr)
		}
		if err := s.cluster.NewServiceAccount(ctx, namespace, "default"); err != nil {
			return err
		}
	}
	return nil
}

func (s *setup) startPullgate(ctx context.Context) error {
	port, err := pullgate.Install(ctx, s.cluster)
	if err != nil {
		return err
	}
	s.server, err = pullgate.Start(ctx, s.cluster, pullgate.Options{
		Binary: s.binaries[build.Pullgate],
		CertsD: s.certsD,
		Port:   port,
		Config: "limits: {lookupTimeout: 2m}\n", // on a busy machine too there is an answer
	})
	if err != nil {
		return err
	}
	s.undo = append(s.undo, func() { s.server.Stop() })
	return s.server.WaitCalled(ctx, s.cluster, shop)
}
