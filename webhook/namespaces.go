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

// Labels returns the labels of a namespace, or the API server's error.
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
