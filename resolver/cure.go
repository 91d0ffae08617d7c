package resolver

import (
	"fmt"

	"github.com/pullgate/pullgate/resolver/reference"
)

// cure is what to do about an image that cannot be pulled, where the cause alone
// does not say it. Of what is only unverified there is nothing to do: the Pod runs.
func cure(ref reference.Reference, told outcome) string {
	switch {
	case told.near != "":
		return fmt.Sprintf("did you mean %q?", told.near)
	case told.reason == ImageNotFound && ref.Digest != "":
		return "push it, or correct the digest"
	case told.reason == ImageNotFound && ref.TagImplied:
		return "name one that exists"
	case told.reason == ImageNotFound:
		return "push it, or correct the tag"
	case told.reason == RepositoryNotFound:
		return "correct the name, or push to it"
	default:
		return ""
	}
}
