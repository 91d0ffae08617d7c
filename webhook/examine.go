package webhook

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/provider"
	"github.com/pullgate/pullgate/webhook/workload"
)

// Checker gives the verdict on one image. *resolver.Resolver is the one that
// is meant.
type Checker interface {
	Check(context.Context, resolver.Image, resolver.Pod) resolver.Verdict
	// Instant is the same for what is known already, if it is a yes.
	Instant(resolver.Image, resolver.Pod) (v resolver.Verdict, known bool)
}

// SecretReader reads pull Secrets; see Secrets.Read.
type SecretReader interface {
	Read(ctx context.Context, namespace string, refs []corev1.LocalObjectReference, anew bool) (named []resolver.NamedSecret, cached bool)
}

// AccountReader reads the pull Secrets that a ServiceAccount names; see
// ServiceAccounts.PullSecrets.
type AccountReader interface {
	PullSecrets(ctx context.Context, namespace, account string, anew bool) (refs []corev1.LocalObjectReference, cached bool, err error)
}

// Examiner finds out what becomes of the images of a Pod spec.
type Examiner struct {
	Checker  Checker
	Secrets  SecretReader
	Accounts AccountReader
	// Nodes is nil where nothing is known of any node.
	Nodes NodeLister
}

// Subject is what an Examiner looks at.
type Subject struct {
	Namespace string
	Spec      workload.PodSpec
	// Images are those of the spec that are to be checked.
	Images []workload.Image
}

// Finding is the verdict on an image, and where the object names it.
type Finding struct {
	resolver.Verdict
	Fields []string
}

// Examine checks all images at once, and reports whether what it read of the
// API came out of a cache. With anew nothing does.
func (e Examiner) Examine(ctx context.Context, s Subject, anew bool) (findings []Finding, cached bool) {
	creds, cached := e.credentials(ctx, s, anew)
	pod := resolver.Pod{Credentials: creds, Account: provider.Account{
		Namespace: s.Namespace, Name: s.Spec.ServiceAccountName, Template: s.Spec.Template, Anew: anew,
	}}
	if class := s.Spec.RuntimeClassName; class != nil {
		pod.RuntimeClass = *class
	}
	if e.Nodes != nil {
		pod.Nodes = newPlacement(ctx, e.Nodes, s.Spec)
	}
	findings = make([]Finding, len(s.Images))
	var wait []int
	for n, image := range s.Images {
		findings[n].Fields = image.Fields
		if n >= maxImages {
			findings[n].Verdict = tooMany(image.Image)
			continue
		}
		v, known := e.Checker.Instant(image.Image, pod)
		if findings[n].Verdict = v; !known {
			wait = append(wait, n)
		}
	}
	parallel(len(wait), func(i int) {
		n := wait[i]
		findings[n].Verdict = e.Checker.Check(ctx, s.Images[n].Image, pod)
	})
	return findings, cached || slices.ContainsFunc(findings, func(f Finding) bool { return f.Cached })
}

// Bounds of one object, which may be written by whoever likes to see registries
// or the API server busy. What is past them is not verified.
const (
	maxImages      = 128
	maxPullSecrets = 64
)

func tooMany(image resolver.Image) resolver.Verdict {
	return resolver.Verdict{
		Image: image.Reference, Reason: resolver.Overloaded, Class: resolver.Overloaded.Class(),
		Message: fmt.Sprintf("there are more images in it than the %d that pullgate looks up", maxImages),
	}
}

// credentials reads the pull Secrets. A Pod's list is final when an admission
// webhook sees it (C40, C41); the Pods of a template get their ServiceAccount's
// where the template names none (C42).
func (e Examiner) credentials(ctx context.Context, s Subject, anew bool) (creds *resolver.Credentials, cached bool) {
	account, refs := s.Spec.ServiceAccount(), s.Spec.ImagePullSecrets
	var (
		accountCached bool
		accountErr    error
	)
	if s.Spec.Template && len(refs) == 0 {
		refs, accountCached, accountErr = e.Accounts.PullSecrets(ctx, s.Namespace, account, anew)
	}
	unread := len(refs) - min(len(refs), maxPullSecrets)
	named, secretsCached := e.Secrets.Read(ctx, s.Namespace, refs[:len(refs)-unread], anew)
	creds = resolver.NewCredentials(s.Namespace, named).OfServiceAccount(func() (resolver.ServiceAccount, error) {
		refs, _, err := e.Accounts.PullSecrets(ctx, s.Namespace, account, false)
		return resolver.ServiceAccount{Name: account, PullSecrets: secretNames(refs)}, err
	})
	if unread > 0 {
		creds.Unreadable(fmt.Sprintf("more than %d Secrets", maxPullSecrets))
	}
	if accountErr != nil {
		creds.Unreadable(accountWords(account))
	}
	return creds, accountCached || secretsCached
}

func secretNames(refs []corev1.LocalObjectReference) (names []string) {
	for _, r := range refs {
		if r.Name != "" {
			names = append(names, r.Name)
		}
	}
	return names
}
