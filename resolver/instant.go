package resolver

import (
	"time"

	corev1 "k8s.io/api/core/v1"

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
	credential := pod.Credentials.lookup(ref.Name())[0]
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
