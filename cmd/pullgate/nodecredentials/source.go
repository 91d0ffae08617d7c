package nodecredentials

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pullgate/pullgate/cmd/pullgate/metrics"
	"github.com/pullgate/pullgate/cmd/pullgate/reload"
	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/provider"
)

// Source is what the files say, in force.
type Source struct {
	flags   Flags
	options provider.Options
	nodes   *resolver.NodeCredentials
	warn    func(string)

	providersHash, nodeFileHash string
	key                         []byte // of nodeFileHash
}

// Load reads the files. The error names everything that is wrong with them; warn is
// told what is only unwise, now and whenever a file is read again.
func Load(flags Flags, options provider.Options, warn func(string)) (*Source, error) {
	s := &Source{flags: flags, options: options, nodes: &resolver.NodeCredentials{}, warn: warn, key: make([]byte, sha256.Size)}
	_, _ = rand.Read(s.key) // never fails
	var providers, nodeFile error
	if flags.ProviderConfig != "" {
		s.providersHash, providers = s.loadProviders()
	}
	if flags.NodeConfig != "" {
		if s.nodeFileHash, nodeFile = s.loadNodeFile(); nodeFile != nil {
			nodeFile = fmt.Errorf("--%s: %w", nodeConfigFlag, nodeFile)
		}
	}
	if err := errors.Join(providers, nodeFile); err != nil {
		return nil, err
	}
	return s, nil
}

// Close ends the plugins that run.
func (s *Source) Close() { s.nodes.Providers().Close() }

// NodeCredentials are the credentials, of what is in force at any time.
func (s *Source) NodeCredentials() *resolver.NodeCredentials { return s.nodes }

// loadProviders reads the configuration of credential providers, and puts it into
// force. It returns what tells versions of it apart.
func (s *Source) loadProviders() (string, error) {
	c, err := provider.Load(s.flags.ProviderConfig, s.flags.ProviderBinDir)
	if err != nil {
		return "", err
	}
	for _, warning := range c.Warnings() {
		s.warn(warning)
	}
	if inForce := s.nodes.Providers(); inForce != nil {
		s.nodes.UseProviders(inForce.With(c))
	} else {
		s.nodes.UseProviders(provider.New(c, s.options))
	}
	return c.Hash, nil
}

// loadNodeFile does the same for the config.json.
func (s *Source) loadNodeFile() (string, error) {
	data, err := readNodeFile(s.flags.NodeConfig)
	if err != nil {
		return "", err
	}
	ring, err := keyring.ParseNodeFile(s.flags.NodeConfig, data)
	if err != nil {
		return "", err
	}
	s.nodes.UseFile(ring)
	return s.hash(data), nil
}

// Register registers what there is to count, by the files that are read.
func (s *Source) Register(registerer prometheus.Registerer, m *metrics.NodeCredentials) error {
	var errs []error
	if s.flags.ProviderConfig != "" {
		errs = append(errs, m.RegisterProviders(registerer, func() []provider.State { return s.nodes.Providers().States() }))
	}
	if s.flags.NodeConfig != "" {
		errs = append(errs, m.RegisterNodeFile(registerer))
	}
	return errors.Join(errs...)
}

// Watchers read the files again when they change.
func (s *Source) Watchers(m *metrics.NodeCredentials) (watchers []*reload.Watcher) {
	if s.flags.ProviderConfig != "" {
		watchers = append(watchers, reload.New(reload.Options{
			What:        "credential provider configuration",
			Fingerprint: func() (string, error) { return provider.Fingerprint(s.flags.ProviderConfig) },
			Apply:       s.loadProviders,
			InForce:     s.providersHash,
			Applied:     func(string) { m.ProvidersReloaded(true) },
			Refused:     func() { m.ProvidersReloaded(false) },
			Log:         s.options.Log.WithValues("path", s.flags.ProviderConfig),
		}))
	}
	if s.flags.NodeConfig != "" {
		watchers = append(watchers, reload.New(reload.Options{
			What: "node config.json",
			Fingerprint: func() (string, error) {
				data, err := readNodeFile(s.flags.NodeConfig)
				return s.hash(data), err
			},
			Apply:   s.loadNodeFile,
			InForce: s.nodeFileHash,
			Applied: func(string) { m.NodeFileReloaded(true) },
			Refused: func() { m.NodeFileReloaded(false) },
			Log:     s.options.Log.WithValues("file", s.flags.NodeConfig),
		}))
	}
	return watchers
}

// maxNodeFile is the largest config.json that is read, in bytes.
const maxNodeFile = 1 << 20

func readNodeFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxNodeFile {
		return nil, fmt.Errorf("%s is larger than %d KiB", path, maxNodeFile>>10)
	}
	return os.ReadFile(path)
}

// hash tells versions of a config.json apart. It is logged, and so is keyed for the
// life of the process: nobody can try passwords with it.
func (s *Source) hash(data []byte) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write(data)
	return hex.EncodeToString(mac.Sum(nil))[:hashLength]
}

const hashLength = 12
