package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/front"
	"github.com/pullgate/pullgate/e2e/node"
	"github.com/pullgate/pullgate/e2e/pullgate"
	"github.com/pullgate/pullgate/e2e/registry"
	"github.com/pullgate/pullgate/e2e/scripted"
)

// The addresses in the network namespace, of those for documentation.
const (
	nameServer   = "192.0.2.53"
	frontAddress = "203.0.113.10" // where all registries are
	nobody       = "203.0.113.20" // where nobody listens
)

// The registries' hosts.
const (
	openHost      = "registry.example.com"
	privateHost   = "private.example.com"
	limitedHost   = "limited.example.com"
	legacyHost    = "legacy.example.com"
	untrustedHost = "untrusted.example.com"
	downHost      = "down.example.com"
)

// The user that the private registry knows.
const (
	user     = "ci"
	password = "s3cret"
)

// setup is all that runs.
type setup struct {
	binaries build.Paths
	dir      string
	certsD   string
	open     *registry.Registry
	private  *registry.Registry
	scripted *scripted.Server
	cluster  *cluster.Cluster
	undo     []func()
}

// tearDown stops everything, last started first.
func (s *setup) tearDown() {
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.undo[i]()
	}
	s.undo = nil
}

// setUp starts everything but pullgate. What it returns is to be torn down, also
// when it returns an error.
func setUp(ctx context.Context, binaries build.Paths) (*setup, error) {
	s := &setup{binaries: binaries}
	var err error
	if s.dir, err = os.MkdirTemp("", "pullgate-messages-"); err != nil {
		return s, err
	}
	s.undo = append(s.undo, func() { _ = os.RemoveAll(s.dir) })
	if err := s.startRegistries(ctx); err != nil {
		return s, err
	}
	if err := s.nameRegistries(ctx); err != nil {
		return s, err
	}
	say("starting a cluster ...")
	if s.cluster, err = cluster.Start(ctx, cluster.Options{Binaries: binaries, ControllerManager: true, Scheduler: true}); err != nil {
		return s, err
	}
	s.undo = append(s.undo, s.cluster.Stop)
	say("starting a node ...")
	n, err := node.Start(ctx, s.cluster, node.Options{Binaries: binaries, CertsD: s.certsD})
	if err != nil {
		return s, err
	}
	s.undo = append(s.undo, n.Stop)
	if _, stderr, err := s.cluster.Kubectl(ctx, "", "create", "namespace", namespace); err != nil {
		return s, fmt.Errorf("%w: %s", err, stderr)
	}
	return s, s.cluster.NewServiceAccount(ctx, namespace, "default")
}

func (s *setup) startRegistries(ctx context.Context) error {
	var err error
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
	for r, tags := range map[*registry.Registry][]string{s.open: {"v1.2.1", "v1.2.2", "v1.2.3"}, s.private: {"v1"}} {
		for _, tag := range tags {
			if _, err := r.Push(ctx, "acme/app", tag); err != nil {
				return err
			}
		}
	}
	if err := pushForeign(ctx, s.open.Address()+"/acme/mainframe:v1"); err != nil {
		return err
	}
	if s.scripted, err = scripted.Start(scripted.Options{}); err != nil {
		return err
	}
	s.undo = append(s.undo, s.scripted.Close)
	for name, behaviour := range map[string]scripted.Behaviour{
		limitedHost + "/acme/app": {Gate: scripted.Statuses{429}},
		legacyHost + "/acme/app":  {Content: scripted.Content{Kind: scripted.Schema1}},
	} {
		if _, err := s.scripted.Set(name, behaviour); err != nil {
			return err
		}
	}
	return nil
}

// pushForeign pushes an index whose only image is for other nodes.
func pushForeign(ctx context.Context, image string) error {
	ref, err := name.NewTag(image)
	if err != nil {
		return err
	}
	platform := v1.Platform{OS: "linux", Architecture: "s390x"}
	child, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		OS: platform.OS, Architecture: platform.Architecture, RootFS: v1.RootFS{Type: "layers"},
	})
	if err != nil {
		return err
	}
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: child, Descriptor: v1.Descriptor{Platform: &platform}})
	if err := remote.WriteIndex(ref, index, remote.WithContext(ctx)); err != nil {
		return fmt.Errorf("push %s: %w", image, err)
	}
	return nil
}

// nameRegistries gives the registries the addresses and names of the messages.
func (s *setup) nameRegistries(ctx context.Context) error {
	backends := map[string]string{
		openHost: s.open.URL(), privateHost: s.private.URL(), untrustedHost: s.open.URL(),
		limitedHost: s.scripted.URL(), legacyHost: s.scripted.URL(),
	}
	addresses := map[string]string{downHost: nobody}
	for host := range backends {
		addresses[host] = frontAddress
	}
	stop, err := front.ServeNames(ctx, nameServer, s.dir, addresses)
	if err != nil {
		return err
	}
	s.undo = append(s.undo, stop)
	ca, stop, err := front.Serve(ctx, frontAddress, backends)
	if err != nil {
		return err
	}
	s.undo = append(s.undo, stop)
	s.certsD, err = trust(s.dir, ca, openHost, privateHost, limitedHost, legacyHost)
	return err
}

// startPullgate installs pullgate and waits until it is called.
func (s *setup) startPullgate(ctx context.Context) error {
	port, err := pullgate.Install(ctx, s.cluster)
	if err != nil {
		return err
	}
	server, err := pullgate.Start(ctx, s.cluster, pullgate.Options{
		Binary: s.binaries[build.Pullgate],
		CertsD: s.certsD,
		Port:   port,
		Config: "limits: {lookupTimeout: 2m}\n", // on a busy machine too there is an answer
	})
	if err != nil {
		return err
	}
	s.undo = append(s.undo, func() { server.Stop() })
	return server.WaitCalled(ctx, s.cluster, namespace)
}

// trust writes the certs.d entries of hosts whose CA the node, and pullgate, know.
func trust(dir string, ca []byte, hosts ...string) (certsD string, err error) {
	file := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(file, ca, 0o600); err != nil {
		return "", err
	}
	certsD = filepath.Join(dir, "certs.d")
	for _, host := range hosts {
		if err := os.MkdirAll(filepath.Join(certsD, host), 0o750); err != nil {
			return "", err
		}
		content := fmt.Sprintf("server = %q\nca = %q\n", "https://"+host, file)
		if err := os.WriteFile(filepath.Join(certsD, host, "hosts.toml"), []byte(content), 0o600); err != nil {
			return "", err
		}
	}
	return certsD, nil
}
