package registry

import (
	"context"

	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/pullgate/pullgate/resolver/reference"
)

// A repository may have hundreds of thousands of tags.
const (
	tagsPerPage = 1000
	maxTagPages = 5
)

// Tags lists tags of a repository, at most the first pages in the registry's
// order: of a page that fails, those before it are returned with the error. Its
// errors are those of Head.
func (c *Client) Tags(ctx context.Context, ref reference.Reference, login Login) ([]string, error) {
	s, err := c.open(ref, login)
	if err != nil {
		return nil, err
	}
	target, err := target(ref)
	if err != nil {
		return nil, err
	}
	puller, err := remote.NewPuller(append(options(ctx, c.transport(ref, s)), remote.WithPageSize(tagsPerPage))...)
	if err != nil {
		return nil, err
	}
	lister, err := puller.Lister(ctx, target.Context())
	if err != nil {
		return nil, err
	}
	var tags []string
	for range maxTagPages {
		page, err := lister.Next(ctx)
		if err != nil {
			return tags, err
		}
		// A registry may ignore the page size.
		tags = append(tags, page.Tags[:min(len(page.Tags), maxTagPages*tagsPerPage-len(tags))]...)
		if !lister.HasNext() {
			break
		}
	}
	return tags, nil
}
