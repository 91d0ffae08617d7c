package story

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cloud"
	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/front"
	"github.com/pullgate/pullgate/e2e/node"
	"github.com/pullgate/pullgate/e2e/registry"
)

// The addresses in the network namespace, of those for documentation.
const (
	nameServer   = "192.0.2.53"
	frontAddress = "203.0.113.10"
)

// Addresses are what netns.Run has to be given.
func Addresses() []string {
	return []string{node.Address + "/32", nameServer + "/32", frontAddress + "/32", cluster.ServiceAddress + "/32"}
}

// The registries' hosts, and the user that the private one knows.
const (
	openHost    = "registry.example.com"
	privateHost = "private.example.com"
	user        = "ci"
	password    = "s3cret"
)

// The images. All tags of app are one program, that does nothing until it is told
// to end; tool is pullgate itself, for what has to end well.
const (
	good    = openHost + "/acme/app:v1.2.3"
	missing = openHost + "/acme/app:v1.2.33"
	secret  = privateHost + "/acme/app:v1"
	tool    = openHost + "/pullgate/pullgate:dev"
)

// story is all that runs.
type story struct {
	options Options
	dir     string
	home    string // the user's folder
	ca      string
	certsD  string
	open    *registry.Registry
	private *registry.Registry
	cloud   *cloud.Cloud
	cluster *cluster.Cluster
	node    *node.Node
	pulls   *pulls
	undo    []func()

	pluginDigest string // of the image with the plugin
}

func (s *story) later(f func()) { s.undo = append(s.undo, f) }

// tearDown stops everything, last started first.
func (s *story) tearDown() {
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.undo[i]()
	}
	s.undo = nil
}

func (s *story) setUp(ctx context.Context) error {
	var err error
	if s.dir, err = os.MkdirTemp("", "pullgate-story-"); err != nil {
		return err
	}
	s.later(func() { _ = os.RemoveAll(s.dir) })
	if err := s.furnishHome(); err != nil {
		return err
	}
	if err := s.startRegistries(ctx); err != nil {
		return err
	}
	if err := s.startCloud(); err != nil {
		return err
	}
	if err := s.nameRegistries(ctx); err != nil {
		return err
	}
	if err := s.pushPlugin(ctx); err != nil {
		return err
	}
	if err := s.pushPlatformImages(ctx); err != nil {
		return err
	}
	s.cluster, err = cluster.Start(ctx, cluster.Options{Binaries: s.options.Binaries, ControllerManager: true, Scheduler: true, ServicesToPods: true})
	if err != nil {
		return err
	}
	s.later(s.cluster.Stop)
	stop, err := forward(ctx, cluster.ServiceAddress+":443", s.cluster.Server())
	if err != nil {
		return err
	}
	s.later(stop)
	providers, plugins, err := s.nodeProviders()
	if err != nil {
		return err
	}
	s.node, err = node.Start(ctx, s.cluster, node.Options{
		Binaries: s.options.Binaries, CertsD: s.certsD, CredentialProviders: providers, ProviderBinDir: plugins,
	})
	if err != nil {
		return err
	}
	s.later(s.node.Stop)
	s.pulls, err = watchPulls(ctx, s.cluster.Client())
	if err != nil {
		return err
	}
	s.later(s.pulls.stop)
	return s.makeNamespaces(ctx)
}

func (s *story) startRegistries(ctx context.Context) error {
	var err error
	binary := s.options.Binaries[build.Registry]
	if s.open, err = registry.Start(ctx, registry.Options{Binary: binary}); err != nil {
		return err
	}
	s.later(s.open.Close)
	users := map[string]registry.User{user: {Password: password}}
	if s.private, err = registry.Start(ctx, registry.Options{Binary: binary, Mode: registry.Htpasswd, Users: users}); err != nil {
		return err
	}
	s.later(s.private.Close)
	app, err := registry.ProgramImage(s.options.Binaries[build.Pause])
	if err != nil {
		return err
	}
	for _, tag := range []string{"v1.2.2", "v1.2.3"} {
		if _, err := s.open.PushImage(ctx, "acme/app", tag, app); err != nil {
			return err
		}
	}
	if _, err := s.private.PushImage(ctx, "acme/app", "v1", app); err != nil {
		return err
	}
	product, err := productImage(s.options.Binaries[build.Pullgate])
	if err != nil {
		return err
	}
	_, err = s.open.PushImage(ctx, "pullgate/pullgate", "dev", product)
	return err
}

// pushPlatformImages pushes pullgate's image as a platform team that follows the
// documents does, where a public CA has signed the registries' certificates.
func (s *story) pushPlatformImages(ctx context.Context) error {
	product, err := productImage(s.options.Binaries[build.Pullgate])
	if err != nil {
		return err
	}
	product, err = registry.WithFile(product, "etc/ssl/certs/ca-certificates.crt", []byte(s.ca))
	if err != nil {
		return err
	}
	for _, tag := range []string{"v1", "v2"} {
		if _, err := s.open.PushImage(ctx, "platform/pullgate", tag, product); err != nil {
			return err
		}
	}
	return nil
}

// productImage is pullgate's, as the Dockerfile makes it but for the roots of
// public CAs, of which there is nothing here.
func productImage(binary string) (v1.Image, error) {
	image, err := registry.ProgramImage(binary)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.Config.User = "65532:65532"
	return mutate.ConfigFile(image, config)
}

// nameRegistries gives the registries names, and writes what a node has to know of
// them: that their CA is to be trusted.
func (s *story) nameRegistries(ctx context.Context) error {
	stop, err := front.ServeNames(ctx, nameServer, s.dir, map[string]string{openHost: frontAddress, privateHost: frontAddress, cloud.Host: frontAddress})
	if err != nil {
		return err
	}
	s.later(stop)
	ca, stop, err := front.Serve(ctx, frontAddress, map[string]string{openHost: s.open.URL(), privateHost: s.private.URL(), cloud.Host: s.cloud.URL()})
	if err != nil {
		return err
	}
	s.later(stop)
	s.ca, s.certsD = string(ca), filepath.Join(s.dir, "certs.d")
	for _, host := range []string{openHost, privateHost, cloud.Host} {
		if err := os.MkdirAll(filepath.Join(s.certsD, host), 0o750); err != nil {
			return err
		}
		for name, content := range s.hostFiles(host) {
			if err := os.WriteFile(filepath.Join(s.certsD, host, name), []byte(content), 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// hostFiles are a registry's files in certs.d.
func (s *story) hostFiles(host string) map[string]string {
	return map[string]string{"hosts.toml": fmt.Sprintf("server = %q\nca = \"ca.crt\"\n", "https://"+host), "ca.crt": s.ca}
}
