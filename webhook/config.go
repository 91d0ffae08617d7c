package webhook

import (
	"github.com/bmatcuk/doublestar/v4"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Config is the webhook's part of the configuration file.
type Config struct {
	// Defaults are the levels of namespaces without labels, mode by mode.
	Defaults Levels `json:"defaults"`
	// Exemptions are requests and images that are let through unseen, whatever the
	// namespace's labels say. All are globs.
	Exemptions Exemptions `json:"exemptions"`
	// Workloads is about objects that Pods are made from, which are only ever
	// warned about and audited.
	Workloads WorkloadsConfig `json:"workloads"`
}

// WorkloadsConfig is about objects that Pods are made from: Deployments and the
// like.
type WorkloadsConfig struct {
	// Placeholders are globs for images in a Pod template that something else
	// replaces before a Pod runs. A blank image always is one. A list here
	// takes the place of the default one.
	Placeholders []string `json:"placeholders"`
}

// DefaultConfig is what holds where the configuration file says nothing.
func DefaultConfig() Config {
	return Config{
		Defaults: Levels{Enforce: Definite, Warn: Strict, Audit: Strict},
		Workloads: WorkloadsConfig{Placeholders: []string{
			"auto", // Istio's, for the sidecar that it injects
			// An image that is a variable as a whole. One with a variable in it,
			// such as a tag, is more likely to be a mistake.
			`$\{*\}`, `$(*)`, `\{\{*\}\}`,
		}},
	}
}

// Validate reports everything that is wrong, each error with its field.
func (c Config) Validate() field.ErrorList {
	errs := c.Defaults.validate(field.NewPath("defaults"))
	errs = append(errs, c.Exemptions.validate(field.NewPath("exemptions"))...)
	return append(errs, globErrors(field.NewPath("workloads", "placeholders"), c.Workloads.Placeholders)...)
}

func (l Levels) validate(path *field.Path) (errs field.ErrorList) {
	for _, f := range []struct {
		mode  string
		level Level
	}{{"enforce", l.Enforce}, {"warn", l.Warn}, {"audit", l.Audit}} {
		if !f.level.valid() {
			errs = append(errs, field.NotSupported(path.Child(f.mode), f.level, []Level{Off, Definite, Strict}))
		}
	}
	return errs
}

func globErrors(path *field.Path, globs []string) (errs field.ErrorList) {
	for n, g := range globs {
		if g == "" || !doublestar.ValidatePattern(g) {
			errs = append(errs, field.Invalid(path.Index(n), g, "is not a glob"))
		}
	}
	return errs
}
