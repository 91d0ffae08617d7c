package resolver

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/reference"
)

// nodeManaged says why a node may pull what cannot be pulled from here, or "".
// Only an administrator can know (C16, C74, C75).
func (c RegistriesConfig) nodeManaged(ref reference.Reference) string {
	for _, pattern := range c.NodeCredentials {
		if keyring.Matches(pattern, ref.Name()) {
			return fmt.Sprintf("nodes have credentials of their own for %s", ref.Host)
		}
	}
	for _, pattern := range c.Mirrored {
		if keyring.Matches(pattern, ref.Name()) {
			return fmt.Sprintf("nodes pull from %s through a mirror", ref.Host)
		}
	}
	return ""
}

// patternErrors checks patterns of the configuration.
func patternErrors(path *field.Path, patterns []string) (errs field.ErrorList) {
	for n, p := range patterns {
		if err := keyring.CheckPattern(p); err != nil {
			errs = append(errs, field.Invalid(path.Index(n), p, err.Error()))
		}
	}
	return errs
}
