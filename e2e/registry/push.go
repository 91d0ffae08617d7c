package registry

import (
	"context"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Push pushes a small image that no other is equal to, and returns its digest,
// as in "sha256:...".
func (r *Registry) Push(ctx context.Context, repository, tag string) (string, error) {
	image, err := random.Image(256, 1)
	if err != nil {
		return "", fmt.Errorf("make an image: %w", err)
	}
	return r.PushImage(ctx, repository, tag, image)
}

// PushImage pushes an image and returns its digest.
func (r *Registry) PushImage(ctx context.Context, repository, tag string, image v1.Image) (string, error) {
	return r.push(ctx, repository, tag, image, func(ref name.Reference, options ...remote.Option) error {
		return remote.Write(ref, image, options...)
	})
}

// PushIndex pushes an index of small images for platforms such as "linux/arm64",
// and returns its digest.
func (r *Registry) PushIndex(ctx context.Context, repository, tag string, platforms ...string) (string, error) {
	index := v1.ImageIndex(empty.Index)
	for _, p := range platforms {
		image, err := random.Image(256, 1)
		if err != nil {
			return "", fmt.Errorf("make an image: %w", err)
		}
		platform, err := v1.ParsePlatform(p)
		if err != nil {
			return "", fmt.Errorf("push: %w", err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: platform}})
	}
	return r.push(ctx, repository, tag, index, func(ref name.Reference, options ...remote.Option) error {
		return remote.WriteIndex(ref, index, options...)
	})
}

func (r *Registry) push(ctx context.Context, repository, tag string, what partial.WithRawManifest,
	write func(name.Reference, ...remote.Option) error) (string, error) {
	ref, err := name.NewTag(r.Address() + "/" + repository + ":" + tag)
	if err != nil {
		return "", fmt.Errorf("push: %w", err)
	}
	transport, err := r.pushTransport(repository)
	if err != nil {
		return "", fmt.Errorf("push %s: %w", ref, err)
	}
	if err := write(ref, remote.WithContext(ctx), remote.WithTransport(transport)); err != nil {
		return "", fmt.Errorf("push %s: %w", ref, err)
	}
	digest, err := partial.Digest(what)
	if err != nil {
		return "", fmt.Errorf("push %s: %w", ref, err)
	}
	return digest.String(), nil
}

// pushTransport sends the pusher's credential with each request, unasked: the
// client would refuse to take a token from a realm on loopback.
func (r *Registry) pushTransport(repository string) (http.RoundTripper, error) {
	t := authorized{base: direct()}
	switch r.options.Mode {
	case Htpasswd:
		t.set = func(req *http.Request) { req.SetBasicAuth(pusherName, r.pusher.Password) }
	case Token:
		token, err := r.tokens.sign(pusherName, []access{{Type: "repository", Name: repository, Actions: []string{"pull", "push"}}})
		if err != nil {
			return nil, err
		}
		t.set = func(req *http.Request) { req.Header.Set("Authorization", "Bearer "+token) }
	default:
		t.set = func(*http.Request) {}
	}
	return t, nil
}

type authorized struct {
	base http.RoundTripper
	set  func(*http.Request)
}

// RoundTrip sends a request with the credential.
func (t authorized) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	t.set(req)
	return t.base.RoundTrip(req)
}
