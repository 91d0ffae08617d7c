package tokens

import (
	"fmt"

	"github.com/pullgate/pullgate/resolver/provider"
)

// Warnings list what does no good about credentialProviders.tokens, where the
// configured providers take tokens for these audiences. It does not ask the API server.
func Warnings(mode provider.TokenMode, audiences []string, own *Own) (warnings []string) {
	if mode != provider.OwnTokens && mode != provider.PodTokens {
		return nil
	}
	if len(audiences) == 0 {
		return []string{fmt.Sprintf("credentialProviders.tokens is %q, and no credential provider has tokenAttributes: nobody gets a token", mode)}
	}
	for _, audience := range audiences {
		err := own.api.refuse(audience)
		if mode == provider.OwnTokens {
			_, err = own.token(audience, func(subject) bool { return true })
		}
		if err != nil {
			warnings = append(warnings, fmt.Sprintf("credentialProviders.tokens is %q, and providers for %s will fail: %v", mode, quoted(audience), err))
		}
	}
	return warnings
}
