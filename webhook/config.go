package webhook

import (
	"errors"
	"fmt"
)

// Config is the webhook's part of the configuration file.
type Config struct {
	// Defaults are the levels of namespaces without labels.
	Defaults Levels `json:"defaults"`
}

// DefaultConfig is what holds where the configuration file says nothing.
func DefaultConfig() Config {
	return Config{Defaults: Levels{Enforce: Definite, Warn: Strict, Audit: Strict}}
}

// Validate reports everything that is wrong, each error with its field.
func (c Config) Validate() error {
	var errs []error
	for _, f := range []struct {
		field string
		level Level
	}{
		{"defaults.enforce", c.Defaults.Enforce},
		{"defaults.warn", c.Defaults.Warn},
		{"defaults.audit", c.Defaults.Audit},
	} {
		if !f.level.valid() {
			errs = append(errs, fmt.Errorf("%s: %q is not one of %s", f.field, f.level, levelNames))
		}
	}
	return errors.Join(errs...)
}
