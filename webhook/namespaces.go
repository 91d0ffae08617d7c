package webhook

import (
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Namespaces follows the labels of the cluster's namespaces: it is an event handler
// for an informer. What that has not heard of yet is looked up. It is safe for
// concurrent use.
type Namespaces struct {
	Live   client.Reader
	labels sync.Map // name → map[string]string
}

// Labels returns the labels of a namespace, not to be changed, or the API server's
// error.
func (n *Namespaces) Labels(ctx context.Context, name string) (map[string]string, error) {
	if labels, known := n.labels.Load(name); known {
		return labels.(map[string]string), nil //nolint:forcetypeassert // OnAdd stores no other
	}
	ns := NamespaceMetadata()
	if err := n.Live.Get(ctx, client.ObjectKey{Name: name}, ns); err != nil {
		return nil, err
	}
	return ns.Labels, nil
}

// OnAdd takes a namespace that the informer has found.
func (n *Namespaces) OnAdd(obj any, _ bool) {
	if ns, ok := obj.(*metav1.PartialObjectMetadata); ok {
		n.labels.Store(ns.Name, ns.Labels)
	}
}

// OnUpdate takes a namespace that has changed.
func (n *Namespaces) OnUpdate(_, obj any) { n.OnAdd(obj, false) }

// OnDelete forgets a namespace.
func (n *Namespaces) OnDelete(obj any) {
	// The informer may have missed what the namespace was at last, not its name.
	if name, err := cache.DeletionHandlingMetaNamespaceKeyFunc(obj); err == nil {
		n.labels.Delete(name)
	}
}

// NamespaceMetadata is the object by which a metadata-only informer for
// namespaces is set up.
func NamespaceMetadata() *metav1.PartialObjectMetadata {
	ns := &metav1.PartialObjectMetadata{}
	ns.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	return ns
}

// SlimNamespace drops of a namespace what is not read here: all but its name and the
// labels that set a level. It is a transform for an informer.
func SlimNamespace(obj any) (any, error) {
	ns, ok := obj.(*metav1.PartialObjectMetadata)
	if !ok {
		return obj, nil
	}
	slim := NamespaceMetadata()
	slim.Name, slim.UID, slim.ResourceVersion = ns.Name, ns.UID, ns.ResourceVersion
	for _, label := range []string{EnforceLabel, WarnLabel, AuditLabel} {
		if value, set := ns.Labels[label]; set {
			if slim.Labels == nil {
				slim.Labels = map[string]string{}
			}
			slim.Labels[label] = value
		}
	}
	return slim, nil
}
