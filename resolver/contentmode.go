package resolver

import (
	"encoding/json"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/reference"
)

// ContentMode says whether, and when, the content of an image is read: its
// manifest and config, and whether its layers are there.
type ContentMode string

// The modes.
const (
	// ContentOff: it is not read.
	ContentOff ContentMode = "off"
	// ContentBackground: it is read once the Pod has its answer. The next Pod with
	// this image is told what was found.
	ContentBackground ContentMode = "background"
	// ContentWait: it is read before the Pod has its answer.
	ContentWait ContentMode = "wait"
)

// UnmarshalJSON reads a mode by its name. YAML 1.1 takes an unquoted off for false,
// and so does this.
func (m *ContentMode) UnmarshalJSON(data []byte) error {
	if string(data) == "false" {
		*m = ContentOff
		return nil
	}
	return json.Unmarshal(data, (*string)(m))
}

// ContentConfig says of which registries' images the content is read.
type ContentConfig struct {
	// Default is the mode for registries that no list names: off, background or
	// wait. With background the content is read once for each digest, after the
	// first Pod has its answer; the next one with this image is told what was
	// found. With wait each Pod waits for it.
	Default ContentMode `json:"default"`
	// OffFor are patterns of the registries whose images' content is not read. They
	// are written as those of NodeCredentials. Docker Hub is there by default: it
	// counts each manifest that is fetched against its rate limit.
	OffFor []string `json:"offFor"`
	// BackgroundFor are those whose images' content is read after the answer.
	BackgroundFor []string `json:"backgroundFor"`
	// WaitFor are those whose images' content is read before the answer.
	WaitFor []string `json:"waitFor"`
}

// defaultContent is what holds where the configuration says nothing.
func defaultContent() ContentConfig {
	return ContentConfig{Default: ContentBackground, OffFor: []string{"docker.io"}}
}

// of is the mode for an image: by the first list that names its registry, in the
// order of lists.
func (c ContentConfig) of(ref reference.Reference) ContentMode {
	name := ref.Name()
	for _, l := range c.lists() {
		if slices.ContainsFunc(l.patterns, func(p string) bool { return keyring.Matches(p, name) }) {
			return l.mode
		}
	}
	return c.Default
}

// Waiting is the same for those who have nobody to answer first: what would be read
// in the background is waited for.
func (c ContentConfig) Waiting() ContentConfig {
	if c.Default == ContentBackground {
		c.Default = ContentWait
	}
	c.WaitFor, c.BackgroundFor = slices.Concat(c.BackgroundFor, c.WaitFor), nil
	return c
}

type contentList struct {
	field    string
	mode     ContentMode
	patterns []string
}

func (c ContentConfig) lists() [3]contentList {
	return [3]contentList{
		{"offFor", ContentOff, c.OffFor}, {"backgroundFor", ContentBackground, c.BackgroundFor}, {"waitFor", ContentWait, c.WaitFor},
	}
}

func (c ContentConfig) validate(path *field.Path) (errs field.ErrorList) {
	modes := []ContentMode{ContentOff, ContentBackground, ContentWait}
	if !slices.Contains(modes, c.Default) {
		errs = append(errs, field.NotSupported(path.Child("default"), c.Default, modes))
	}
	for _, l := range c.lists() {
		errs = append(errs, patternErrors(path.Child(l.field), l.patterns)...)
	}
	return errs
}
