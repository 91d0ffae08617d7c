package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/webhook"
)

// What a configuration file calls itself.
const (
	APIVersion = "pullgate.dev/v1alpha1"
	Kind       = "Configuration"
)

// Each package owns its part of the file.
type (
	// WebhookConfig is embedded under a name of its own.
	WebhookConfig = webhook.Config
	// ResolverConfig is embedded under a name of its own.
	ResolverConfig = resolver.Config
)

// Configuration is the configuration file.
type Configuration struct {
	// APIVersion is the version of the file's format, and must be given.
	APIVersion string `json:"apiVersion"`
	// Kind is what the file is, and must be given.
	Kind           string `json:"kind"`
	WebhookConfig  `json:",inline"`
	ResolverConfig `json:",inline"`

	// Hash tells versions of the file apart: the beginning of its SHA-256. It is
	// empty where there is no file.
	Hash string `json:"-"`
}

// Default is what holds without a file.
func Default() Configuration {
	return Configuration{
		APIVersion:     APIVersion,
		Kind:           Kind,
		WebhookConfig:  webhook.DefaultConfig(),
		ResolverConfig: resolver.DefaultConfig(),
	}
}

// Load reads a file over the defaults; without a path there are only those.
func Load(path string) (Configuration, error) {
	if path == "" {
		return Default(), nil
	}
	data, err := read(path)
	if err != nil {
		return Configuration{}, err
	}
	return Parse(path, data)
}

// maxSize bounds the file. A larger one would be a mistake, and decoding it could
// take more memory than a Pod of pullgate has.
const maxSize = 256 << 10

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return data, nil
}

// hashLength is that of a hash in hexadecimal digits: enough to tell apart all
// versions that a file ever has, and short enough to be compared by eye.
const hashLength = 12

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])[:hashLength]
}
