package resolver

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/reference"
)

const (
	// usualLength is longer than references that are worth a quick answer, in bytes.
	usualLength = 512
	// maxReferences is how many references are kept as they were parsed.
	maxReferences = 4096
)

// Instant is the verdict that Check would come to, if it is a yes that is known:
// it waits for nothing, and so takes no goroutine, which for what most Pods ask
// costs more than the answer.
func (r *Resolver) Instant(image Image, pod Pod) (v Verdict, known bool) {
	if len(image.Reference) > usualLength {
		return v, false // parsing takes its time, and Check does it as well
	}
	ref, err := r.parse(image.Reference)
	if err != nil || image.PullPolicy == corev1.PullNever || pod.Credentials.malformed != nil || r.client.NodeLocal(ref.Host) {
		return v, false
	}
	credential, ok := r.firstKnown(ref.Name(), pod)
	if !ok {
		return v, false
	}
	key, endpoint, err := r.key(ref, credential)
	if err != nil {
		return v, false
	}
	k, ok := r.cache.Get(key)
	if !ok || k.reason != Pullable || k.age() > k.dueAt() {
		return v, false // Check has something to do, be it to ask anew
	}
	if v, known = r.suitKnown(newFound(endpoint, ref, credential, k.outcome), pod); !known || v.Reason != Pullable {
		return v, false
	}
	r.observer.Answered(FromCache)
	v.Image, v.Class = image.Reference, r.config.Reasons.class(v.Reason)
	return v, true
}

// firstKnown is the credential that a node would try first, if no credential provider
// has to be run to know it.
func (r *Resolver) firstKnown(repository string, pod Pod) (c keyring.Credential, known bool) {
	for _, source := range []*keyring.Keyring{pod.Credentials.ring, r.nodes.file()} {
		if found := source.Lookup(repository); len(found) > 0 {
			return found[0], true
		}
	}
	found, known := r.nodes.Providers().Known(repository, r.config.CredentialProviders.Tokens)
	if len(found) > 0 {
		c = found[0]
	}
	return c, known
}

// parse is reference.Parse for references that come again and again: its regular
// expressions take most of the time of a quick answer.
func (r *Resolver) parse(written string) (reference.Reference, error) {
	if ref, ok := r.references.Get(written); ok {
		return ref, nil
	}
	ref, err := reference.Parse(written)
	if err == nil {
		r.references.Set(written, ref, time.Hour)
	}
	return ref, err
}
