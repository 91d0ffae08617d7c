package content

import (
	"encoding/json"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pullgate/pullgate/resolver/keyring"
)

// Mode says whether, and when, the content of an image is read: its
// manifest and config, and whether its layers are there.
type Mode string

// The modes.
const (
	// Off: it is not read.
	Off Mode = "off"
	// Background: it is read once the Pod has its answer. The next Pod with
	// this image is told what was found.
	Background Mode = "background"
	// Wait: it is read before the Pod has its answer.
	Wait Mode = "wait"
)

// UnmarshalJSON reads a mode by its name. YAML 1.1 takes an unquoted off for false,
// and so does this.
func (m *Mode) UnmarshalJSON(data []byte) error {
	if string(data) == "false" {
		*m = Off
		return nil
	}
	return json.Unmarshal(data, (*string)(m))
}

// Config says of which registries' images the content is read.
type Config struct {
	// Default is the mode for registries that no list names: off, background or
	// wait. With background the content is read once for each digest, after the
	// first Pod has its answer; the next one with this image is told what was
	// found. With wait each Pod waits for it.
	Default Mode `json:"default"`
	// OffFor are patterns of the registries whose images' content is not read. They
	// are written as those of NodeCredentials. Docker Hub is there by default: it
	// counts each manifest that is fetched against its rate limit.
	OffFor []string `json:"offFor"`
	// BackgroundFor are those whose images' content is read after the answer.
	BackgroundFor []string `json:"backgroundFor"`
	// WaitFor are those whose images' content is read before the answer.
	WaitFor []string `json:"waitFor"`
}

// DefaultConfig is what holds where the configuration says nothing.
func DefaultConfig() Config {
	return Config{Default: Background, OffFor: []string{"docker.io"}}
}

// Of is the mode for a repository, by its name with the registry's host: that of
// the first list that names it, in the order of lists.
func (c Config) Of(repository string) Mode {
	for _, l := range c.lists() {
		if slices.ContainsFunc(l.patterns, func(p string) bool { return keyring.Matches(p, repository) }) {
			return l.mode
		}
	}
	return c.Default
}

// Waiting is the same for those who have nobody to answer first: what would be read
// in the background is waited for.
func (c Config) Waiting() Config {
	if c.Default == Background {
		c.Default = Wait
	}
	c.WaitFor, c.BackgroundFor = slices.Concat(c.BackgroundFor, c.WaitFor), nil
	return c
}

type list struct {
	field    string
	mode     Mode
	patterns []string
}

func (c Config) lists() [3]list {
	return [3]list{
		{"offFor", Off, c.OffFor}, {"backgroundFor", Background, c.BackgroundFor}, {"waitFor", Wait, c.WaitFor},
	}
}

// Validate reports everything that is wrong, each error with its field.
func (c Config) Validate(path *field.Path) (errs field.ErrorList) {
	modes := []Mode{Off, Background, Wait}
	if !slices.Contains(modes, c.Default) {
		errs = append(errs, field.NotSupported(path.Child("default"), c.Default, modes))
	}
	for _, l := range c.lists() {
		for n, p := range l.patterns {
			if err := keyring.CheckPattern(p); err != nil {
				errs = append(errs, field.Invalid(path.Child(l.field).Index(n), p, err.Error()))
			}
		}
	}
	return errs
}
