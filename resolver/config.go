package resolver

import (
	"errors"
	"fmt"
	"os"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Config is the resolver's part of the configuration file.
type Config struct {
	Registries RegistriesConfig `json:"registries"`
	Cache      CacheConfig      `json:"cache"`
	Limits     LimitsConfig     `json:"limits"`
}

// RegistriesConfig is what the administrator knows of registries.
type RegistriesConfig struct {
	// ConfigDir is a folder in containerd's certs.d layout: mirrors, private
	// CAs, plain-http registries. The nodes' own can be mounted. Hosts that it
	// names are asked whatever their address. Empty: none.
	ConfigDir string `json:"configDir,omitempty"`
	// NodeCredentials are patterns of the registries for which nodes hold
	// credentials of their own: a config.json, or a credential provider, as
	// cloud registries have. An image there is never definitely refused. The
	// patterns are those of a kubelet's matchImages: host[:port][/path], with
	// globs in the host's labels, such as *.dkr.ecr.*.amazonaws.com.
	NodeCredentials []string `json:"nodeCredentials,omitempty"`
	// Mirrored are patterns of the registries that nodes pull from through a
	// mirror that ConfigDir does not tell of.
	Mirrored []string `json:"mirrored,omitempty"`
}

// CacheConfig says how long an answer is used without asking again.
type CacheConfig struct {
	// Digest is for an image found by digest.
	Digest metav1.Duration `json:"digest"`
	// Tag is for an image found by tag.
	Tag metav1.Duration `json:"tag"`
	// NotFound is for an image not found and for refused credentials; the push
	// may be on its way.
	NotFound metav1.Duration `json:"notFound"`
	// Entries bounds the number of answers kept.
	Entries int `json:"entries"`
}

// LimitsConfig bounds the work.
type LimitsConfig struct {
	// LookupTimeout ends one look-up at a registry, whoever waits for it. The
	// admission request's own deadline applies besides.
	LookupTimeout metav1.Duration `json:"lookupTimeout"`
}

// DefaultConfig is what holds where the configuration file says nothing.
func DefaultConfig() Config {
	return Config{
		Cache: CacheConfig{
			Digest:   metav1.Duration{Duration: 24 * time.Hour},
			Tag:      metav1.Duration{Duration: 5 * time.Minute},
			NotFound: metav1.Duration{Duration: 10 * time.Second},
			Entries:  100_000,
		},
		Limits: LimitsConfig{LookupTimeout: metav1.Duration{Duration: 5 * time.Second}},
	}
}

// Validate reports everything that is wrong, each error with its field.
func (c Config) Validate() error {
	var errs []error
	for field, d := range map[string]time.Duration{
		"cache.digest":   c.Cache.Digest.Duration,
		"cache.tag":      c.Cache.Tag.Duration,
		"cache.notFound": c.Cache.NotFound.Duration,
	} {
		if d < 0 {
			errs = append(errs, fmt.Errorf("%s: %s is negative", field, d))
		}
	}
	if c.Cache.Entries < 1 {
		errs = append(errs, fmt.Errorf("cache.entries: %d, but at least 1 is needed", c.Cache.Entries))
	}
	if c.Limits.LookupTimeout.Duration <= 0 {
		errs = append(errs, fmt.Errorf("limits.lookupTimeout: %s is not positive", c.Limits.LookupTimeout.Duration))
	}
	if dir := c.Registries.ConfigDir; dir != "" {
		if info, err := os.Stat(dir); err != nil {
			errs = append(errs, fmt.Errorf("registries.configDir: %w", err))
		} else if !info.IsDir() {
			errs = append(errs, fmt.Errorf("registries.configDir: %s is not a directory", dir))
		}
	}
	errs = append(errs, patternErrors("registries.nodeCredentials", c.Registries.NodeCredentials)...)
	errs = append(errs, patternErrors("registries.mirrored", c.Registries.Mirrored)...)
	return errors.Join(errs...)
}
