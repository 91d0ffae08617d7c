package main

import (
	"fmt"
	"os"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/webhook"
)

const (
	configAPIVersion = "pullgate.dev/v1alpha1"
	configKind       = "Configuration"
)

// Each package owns its part of the file; the names keep the embedded ones apart.
type (
	webhookConfig  = webhook.Config
	resolverConfig = resolver.Config
)

// configuration is the configuration file.
type configuration struct {
	metav1.TypeMeta `json:",inline"`
	webhookConfig   `json:",inline"`
	resolverConfig  `json:",inline"`
}

// loadConfig reads the configuration file over the defaults; without a path
// there are only those. An unknown field is an error, and so is a missing one
// of apiVersion and kind.
func loadConfig(path string) (configuration, error) {
	c := configuration{
		TypeMeta:       metav1.TypeMeta{APIVersion: configAPIVersion, Kind: configKind},
		webhookConfig:  webhook.DefaultConfig(),
		resolverConfig: resolver.DefaultConfig(),
	}
	if path == "" {
		return c, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("read the configuration: %w", err)
	}
	c.TypeMeta = metav1.TypeMeta{}
	if err := yaml.UnmarshalStrict(data, &c); err != nil {
		return c, fmt.Errorf("configuration %s: %w", path, err)
	}
	if err := c.validate(); err != nil {
		return c, fmt.Errorf("configuration %s: %w", path, err)
	}
	return c, nil
}

func (c configuration) validate() error {
	if c.APIVersion != configAPIVersion || c.Kind != configKind {
		return fmt.Errorf("apiVersion %q, kind %q: only apiVersion %q, kind %q is known", c.APIVersion, c.Kind, configAPIVersion, configKind)
	}
	return append(c.webhookConfig.Validate(), c.resolverConfig.Validate()...).ToAggregate()
}
