package resolver

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/go-logr/logr"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"
	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/resolver/bounded"
	"github.com/pullgate/pullgate/resolver/content"
	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/refusals"
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
	cache          *bounded.Cache[*known]
	indexes        *bounded.Cache[*content.Index] // by repository and digest, as the next three
	sound          *content.Set
	faults         *bounded.Cache[content.Report]
	tried          *bounded.Cache[struct{}] // read a moment ago, or being read
	platforms      *sync.Map                // what nodes are to containerd, by content.Key
	tagLists       *bounded.Cache[[]string]
	references     *bounded.Cache[reference.Reference] // by what is written
	flights        *singleflight.Group
	readings       *singleflight.Group
	background     *semaphore.Weighted
	hosts          *perHost
	health         *health
	refusals       *refusals.Refusals
	underWay       *semaphore.Weighted
	fingerprintKey []byte
	observer       Observer
	nodes          *NodeCredentials
	patient        bool
}

// New makes a Resolver. The user agent is what registries see. It fails if the
// configuration does not validate.
func New(config Config, userAgent string, opts ...Option) (*Resolver, error) {
	if err := config.Validate().ToAggregate(); err != nil {
		return nil, err
	}
	o := options{observer: unobserved{}, nodes: &NodeCredentials{}}
	for _, opt := range opts {
		opt(&o)
	}
	return &Resolver{
		config: config,
		client: registry.NewClient(registry.Options{
			ConfigDir: config.Registries.ConfigDir, BlockedCIDRs: config.Registries.blocked(), UserAgent: userAgent, Responded: o.observer.Responded,
		}),
		cache:          bounded.New[*known](config.Cache.Entries),
		indexes:        bounded.New[*content.Index](config.Cache.Entries),
		sound:          content.NewSet(config.Cache.Entries),
		faults:         bounded.New[content.Report](maxFaults),
		tried:          bounded.New[struct{}](maxFaults),
		platforms:      &sync.Map{},
		readings:       &singleflight.Group{},
		background:     semaphore.NewWeighted(maxBackground),
		tagLists:       bounded.New[[]string](maxTagLists),
		references:     bounded.New[reference.Reference](maxReferences),
		flights:        &singleflight.Group{},
		hosts:          newPerHost(config.Limits.LookupsPerRegistry),
		health:         newHealth(config.Limits.BackOff.Duration),
		refusals:       refusals.New(),
		underWay:       semaphore.NewWeighted(int64(config.Limits.Lookups)),
		fingerprintKey: newFingerprintKey(),
		observer:       o.observer,
		nodes:          o.nodes,
		patient:        o.patient,
	}, nil
}

// With returns a Resolver for another configuration, which keeps what this one
// has learned as far as the configuration lets it. Both may be used. It fails
// if the configuration does not validate.
func (r *Resolver) With(config Config) (*Resolver, error) {
	if err := config.Validate().ToAggregate(); err != nil {
		return nil, err
	}
	next := *r
	next.config = config
	next.client = r.client.With(config.Registries.ConfigDir, config.Registries.blocked())
	if n := config.Cache.Entries; n != r.config.Cache.Entries {
		next.cache, next.indexes, next.sound = bounded.New[*known](n), bounded.New[*content.Index](n), content.NewSet(n)
	}
	if n := config.Limits.LookupsPerRegistry; n != r.config.Limits.LookupsPerRegistry {
		next.hosts = newPerHost(n)
	}
	if n := config.Limits.Lookups; n != r.config.Limits.Lookups {
		next.underWay = semaphore.NewWeighted(int64(n))
	}
	if d := config.Limits.BackOff.Duration; d != r.config.Limits.BackOff.Duration {
		next.health = newHealth(d)
	}
	return &next, nil
}

// Cached is the number of answers that are kept, and how many can be.
func (r *Resolver) Cached() (entries, limit int) { return r.cache.Len(), r.config.Cache.Entries }

// LeavesAlone reports whether a registry is not asked now, because it has not
// answered for a while.
func (r *Resolver) LeavesAlone(host string) bool { return r.health.leavesAlone(host) }

// Check decides whether a node could pull an image for a Pod: first by what the
// Pod says, then, only if need be, by what its registry says. It returns when it
// knows, or when ctx is done, with Timeout then. It never panics.
func (r *Resolver) Check(ctx context.Context, image Image, pod Pod) (v Verdict) {
	ctx, end := traced(ctx, image)
	defer func() {
		if p := recover(); p != nil {
			logr.FromContextOrDiscard(ctx).Error(fmt.Errorf("%v", p), "panic in a check", "stack", string(debug.Stack()))
			v = Verdict{Reason: InternalError, Message: internalErrorWords}
		}
		v.Image = image.Reference
		v.Class = r.config.Reasons.class(v.Reason)
		end(v)
	}()

	ref, err := reference.Parse(image.Reference)
	switch {
	case err != nil:
		return Verdict{Reason: InvalidImageName, Message: "not a valid image reference: " + err.Error()}
	case image.PullPolicy == corev1.PullNever:
		return notPulled(ref, pod)
	case pod.Credentials.malformed != nil:
		v := Verdict{Reason: InvalidPullSecret, Message: "a node makes no attempt with a malformed pull Secret: " + pod.Credentials.malformed.Error() + "; make it anew"}
		return presentOnNode(v, image.PullPolicy, ref, pod) // B04
	case r.client.NodeLocal(ref.Host):
		return Verdict{Reason: NodeLocal, Message: fmt.Sprintf("registry %s is the node's own loopback", ref.Host)}
	}
	return presentOnNode(ofRuntime(r.pull(ctx, ref, pod), pod), image.PullPolicy, ref, pod)
}

// notPulled is the verdict on an image with the policy Never (C51).
func notPulled(ref reference.Reference, pod Pod) Verdict {
	v := Verdict{Reason: NotPulled}
	if pod.Nodes != nil && !pod.Nodes.List(ref) {
		v.Message = "its pull policy is Never, and no node is known to have it"
	}
	return v
}

// presentOnNode turns what speaks of the pull into a note: a node that has the image
// starts the Pod without a pull, if the policy lets it (C52, B04). Whether it may,
// with these credentials, only the node knows (C53). And whatever the policy, no
// node fetches what it has under its digest already.
func presentOnNode(v Verdict, policy corev1.PullPolicy, ref reference.Reference, pod Pod) Verdict {
	switch {
	case v.Reason == ImageIncomplete, v.Reason == LayerUnavailable:
	case v.Reason.Class() == ClassDefinite && policy == corev1.PullIfNotPresent:
	default:
		return v
	}
	if pod.listed(ref) {
		v.Message = "only nodes that have it already can start it: " + v.Message
		v.Reason = PresentOnNode
	}
	return v
}
