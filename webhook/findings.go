package webhook

import (
	"context"

	"github.com/pullgate/pullgate/resolver"
)

// Checker gives the verdict on one image. *resolver.Resolver is the one that
// is meant.
type Checker interface {
	Check(context.Context, resolver.Image, resolver.Pod) resolver.Verdict
}

// finding is the verdict on an image and where the Pod names it.
type finding struct {
	resolver.Verdict
	fields []string
}

// check checks all images at once.
func check(ctx context.Context, checker Checker, images []podImage, pod resolver.Pod) []finding {
	findings := make([]finding, len(images))
	parallel(len(images), func(n int) {
		findings[n] = finding{Verdict: checker.Check(ctx, images[n].Image, pod), fields: images[n].fields}
	})
	return findings
}
