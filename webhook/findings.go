package webhook

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/pullgate/pullgate/resolver"
)

// Checker gives the verdict on one image. *resolver.Resolver is the one that
// is meant.
type Checker interface {
	Check(context.Context, resolver.Image, *resolver.Credentials) resolver.Verdict
}

// finding is the verdict on an image and where the Pod names it.
type finding struct {
	resolver.Verdict
	fields []string
}

// maxParallel bounds the look-ups of one Pod; no sane one has more images.
const maxParallel = 64

// check checks all images at once.
func check(ctx context.Context, checker Checker, images []podImage, creds *resolver.Credentials) []finding {
	findings := make([]finding, len(images))
	var group errgroup.Group
	group.SetLimit(maxParallel)
	for n, image := range images {
		group.Go(func() error {
			findings[n] = finding{Verdict: checker.Check(ctx, image.Image, creds), fields: image.fields}
			return nil
		})
	}
	_ = group.Wait() // none of them fails
	return findings
}
