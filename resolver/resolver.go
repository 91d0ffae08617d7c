package resolver

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/go-logr/logr"
	"golang.org/x/sync/singleflight"
	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/resolver/bounded"
	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry"
)

// Image is an image as a container asks for it.
type Image struct {
	Reference  string
	PullPolicy corev1.PullPolicy
}

// Resolver answers whether nodes could pull images. It is safe for concurrent
// use.
type Resolver struct {
	config         Config
	client         *registry.Client
	cache          *bounded.Cache[outcome]
	flights        singleflight.Group
	fingerprintKey []byte
}

// New makes a Resolver. The user agent is what registries see. It fails if the
// configuration does not validate.
func New(config Config, userAgent string) (*Resolver, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	return &Resolver{
		config:         config,
		client:         registry.NewClient(registry.Options{ConfigDir: config.Registries.ConfigDir, UserAgent: userAgent}),
		cache:          bounded.New[outcome](config.Cache.Entries),
		fingerprintKey: newFingerprintKey(),
	}, nil
}

// Check decides whether a node could pull an image with a Pod's credentials,
// in the order of pull-semantics §0. It returns when it knows, or when ctx is
// done, with Timeout then. It never panics.
func (r *Resolver) Check(ctx context.Context, image Image, creds *Credentials) (v Verdict) {
	defer func() {
		if p := recover(); p != nil {
			logr.FromContextOrDiscard(ctx).Error(fmt.Errorf("%v", p), "panic in a check", "stack", string(debug.Stack()))
			v = Verdict{Reason: InternalError, Message: "pullgate failed internally, see its log"}
		}
		v.Image = image.Reference
	}()

	ref, err := reference.Parse(image.Reference)
	switch {
	case err != nil:
		return Verdict{Reason: InvalidImageName, Message: "not a valid image reference: " + err.Error()}
	case image.PullPolicy == corev1.PullNever:
		return Verdict{Reason: NotPulled}
	case creds.malformed != nil:
		return Verdict{Reason: InvalidPullSecret, Message: "a node makes no attempt with a malformed pull Secret: " + creds.malformed.Error()}
	case r.client.NodeLocal(ref.Host):
		return Verdict{Reason: NodeLocal, Message: fmt.Sprintf("registry %s is the node's own loopback", ref.Host)}
	}
	return r.pull(ctx, ref, creds)
}

// pull tries the credentials as a node does: each in turn, until one succeeds.
func (r *Resolver) pull(ctx context.Context, ref reference.Reference, creds *Credentials) Verdict {
	var failed []failedAttempt
	for _, c := range creds.lookup(ref.Name()) {
		o := r.attempt(ctx, ref, c)
		if o.reason == Pullable {
			return Verdict{Reason: Pullable, Digest: o.digest}
		}
		failed = append(failed, failedAttempt{credential: c, outcome: o})
	}
	return conclude(ref, creds, failed, r.config.Registries.nodeManaged(ref))
}

type failedAttempt struct {
	credential keyring.Credential
	outcome    outcome
}
