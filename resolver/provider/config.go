package provider

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"slices"
	"time"

	kubeletv1 "k8s.io/kubelet/config/v1"

	"github.com/pullgate/pullgate/resolver/keyring"
)

// Config is a CredentialProviderConfig with which a kubelet would start.
type Config struct {
	// Providers are in the order of the configuration, in which they are asked.
	Providers []Provider
	// Hash tells versions of the configuration apart.
	Hash string
}

// Provider is one credential provider.
type Provider struct {
	kubeletv1.CredentialProvider
	// File is where it is configured.
	File string
	// Binary is the path of the plugin.
	Binary string
}

// maxSize is the largest file that is read, in bytes.
const maxSize = 1 << 20

// Load reads a configuration, a file or a folder of files, as a kubelet reads that
// of --image-credential-provider-config, and finds the plugins in the folder of
// --image-credential-provider-bin-dir (P01 to P08). It fails where a kubelet would
// not start, and on a second YAML document, which a kubelet drops without a word
// (P04). The error joins all there is to correct, each with its file, provider and
// field.
func Load(path, binDir string) (*Config, error) {
	files, err := configFiles(path)
	if err != nil {
		return nil, fmt.Errorf("credential provider configuration: %w", err)
	}
	// A plugin without a slash in its path would be looked for in all of PATH.
	if binDir, err = filepath.Abs(binDir); err != nil {
		return nil, fmt.Errorf("folder of the credential provider plugins: %w", err)
	}
	if info, err := os.Stat(binDir); err != nil {
		return nil, fmt.Errorf("folder of the credential provider plugins: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("folder of the credential provider plugins: %s is not a folder", binDir)
	}
	c := &Config{}
	var errs []error
	sum := sha256.New()
	for _, file := range files {
		data, err := readFile(file)
		if err != nil {
			errs = append(errs, fmt.Errorf("credential provider configuration: %w", err))
			continue
		}
		addFile(sum, file, data)
		list, err := decode(file, data)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, p := range list {
			c.Providers = append(c.Providers, Provider{CredentialProvider: p, File: file, Binary: filepath.Join(binDir, p.Name)})
		}
	}
	if len(errs) == 0 {
		errs = c.validate(path)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	c.Hash = hex.EncodeToString(sum.Sum(nil))[:hashLength]
	return c, nil
}

// hashLength tells versions of a configuration apart, in hexadecimal digits.
const hashLength = 12

// configFiles lists what a kubelet reads: the file, or of a folder those with the
// usual extensions, hidden ones too, in the order of their names (P05, P06).
func configFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		switch filepath.Ext(e.Name()) {
		case ".json", ".yaml", ".yml":
			if !e.IsDir() {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("folder %s has no file *.json, *.yaml or *.yml%s", path, consequence)
	}
	slices.Sort(files)
	return files, nil
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder%s", path, consequence)
	case info.Size() > maxSize:
		return nil, fmt.Errorf("%s is larger than %d KiB", path, maxSize>>10)
	}
	return os.ReadFile(path)
}

// Fingerprint tells apart what there is to read at a path: it changes with the
// content of the files, and with what is in the way of reading them.
func Fingerprint(path string) (string, error) {
	files, err := configFiles(path)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, file := range files {
		data, err := readFile(file)
		if err != nil {
			return "", err
		}
		addFile(sum, file, data)
	}
	return hex.EncodeToString(sum.Sum(nil))[:hashLength], nil
}

// addFile adds a file to the hash of a configuration. What Load has read and what
// Fingerprint finds must come to the same, or it would be read again for ever.
func addFile(sum hash.Hash, file string, data []byte) {
	addTo(sum, []byte(file))
	addTo(sum, data)
}

// addTo adds a part to a hash, with its length, so that no other split is equal.
func addTo(sum hash.Hash, part []byte) {
	sum.Write(binary.AppendUvarint(nil, uint64(len(part))))
	sum.Write(part)
}

// id changes with everything that the credentials of a provider depend on.
func (p Provider) id() string {
	data, err := json.Marshal(p.CredentialProvider)
	if err != nil {
		data = fmt.Appendf(nil, "%+v", p.CredentialProvider) // never
	}
	sum := sha256.Sum256(append(data, p.Binary...))
	return string(sum[:])
}

// defaultDuration is how long an answer without a duration of its own is kept.
func (p Provider) defaultDuration() time.Duration { return p.DefaultCacheDuration.Duration }

// patterns are the images that the provider is asked about.
func (p Provider) patterns() keyring.Patterns { return keyring.ParsePatterns(p.MatchImages) }
