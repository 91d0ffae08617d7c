package monitoring

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pullgate/pullgate/e2e/registry"
)

// The credential providers: one that always answers, and one that always fails. Each
// is asked for hosts of its own, a new one each time: for an old one it is not run.
const (
	providersConfig = `apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
  - name: answers
    matchImages: ["answers-*.example.com"]
    defaultCacheDuration: 1h
    apiVersion: credentialprovider.kubelet.k8s.io/v1
  - name: fails
    matchImages: ["fails-*.example.com"]
    defaultCacheDuration: 1h
    apiVersion: credentialprovider.kubelet.k8s.io/v1
`
	answers = `#!/bin/sh
echo '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Registry","auth":{"answers-*.example.com":{"username":"u","password":"p"}}}'
`
	fails = "#!/bin/sh\nexit 1\n"
)

// writeProviders writes plugins and configuration, and a config.json of the nodes, and
// returns the flags for them.
func (s *scene) writeProviders() ([]string, error) {
	plugins := filepath.Join(s.dir, "plugins")
	if err := os.MkdirAll(plugins, 0o750); err != nil {
		return nil, err
	}
	config := filepath.Join(s.dir, "providers.yaml")
	if err := os.WriteFile(config, []byte(providersConfig), 0o600); err != nil {
		return nil, err
	}
	nodeConfig := filepath.Join(s.dir, "config.json")
	if err := os.WriteFile(nodeConfig, []byte(`{"auths":{"node.example.com":{"username":"u","password":"p"}}}`), 0o600); err != nil {
		return nil, err
	}
	for name, script := range map[string]string{"answers": answers, "fails": fails} {
		if err := os.WriteFile(filepath.Join(plugins, name), []byte(script), 0o700); err != nil { //nolint:gosec // a plugin is executable
			return nil, err
		}
	}
	return []string{
		"--image-credential-provider-config", config, "--image-credential-provider-bin-dir", plugins,
		"--image-credential-node-config", nodeConfig,
	}, nil
}

// providerHosts are hosts that no provider was asked for before: all are the open
// registry, which takes any login and none.
func (s *scene) providerHosts(round int) (hosts []string, err error) {
	for _, host := range []string{"answers-%d", "fails-%d-a", "fails-%d-b"} {
		host = fmt.Sprintf(host, round) + ".example.com"
		if err := registry.MapHost(s.certsD(), host, s.open.URL(), ""); err != nil {
			return nil, err
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}
