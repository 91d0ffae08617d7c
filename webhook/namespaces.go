package webhook

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Namespaces looks namespace labels up in an informer's cache, and live where
// that has not heard of the namespace yet.
type Namespaces struct {
	Cached client.Reader
	Live   client.Reader
}

// Labels returns the labels of a namespace, not to be changed, or the API server's
// error.
func (n Namespaces) Labels(ctx context.Context, name string) (map[string]string, error) {
	ns := NamespaceMetadata()
	key := client.ObjectKey{Name: name}
	err := n.Cached.Get(ctx, key, ns)
	if apierrors.IsNotFound(err) {
		err = n.Live.Get(ctx, key, ns)
	}
	if err != nil {
		return nil, err
	}
	return ns.Labels, nil
}

// NamespaceMetadata is the object by which a metadata-only informer for
// namespaces is set up and read.
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
