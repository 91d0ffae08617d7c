package registry

import (
	"context"

	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/pullgate/pullgate/resolver/reference"
)

// maxTags is how many tags are asked for; the first page is all that is read.
const maxTags = 1000

// Tags lists tags of a repository, at most the first 1,000 in the registry's
// order. Its errors are those of Head.
func (c *Client) Tags(ctx context.Context, ref reference.Reference, login Login) ([]string, error) {
	s, err := c.open(ref, login)
	if err != nil {
		return nil, err
	}
	target, err := target(ref)
	if err != nil {
		return nil, err
	}
	puller, err := remote.NewPuller(append(options(ctx, c.transport(ref, s)), remote.WithPageSize(maxTags))...)
	if err != nil {
		return nil, err
	}
	lister, err := puller.Lister(ctx, target.Context())
	if err != nil {
		return nil, err
	}
	page, err := lister.Next(ctx)
	if err != nil {
		return nil, err
	}
	return page.Tags, nil
}
