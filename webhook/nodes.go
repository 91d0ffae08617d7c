package webhook

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Nodes lists the cluster's nodes out of an informer's cache.
type Nodes struct{ Cached client.Reader }

// All returns the nodes, not to be changed.
func (n Nodes) All(ctx context.Context) ([]corev1.Node, error) {
	var list corev1.NodeList
	// 5,000 nodes are not copied for each Pod.
	if err := n.Cached.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	return list.Items, nil
}

// SlimNode keeps of a node what is read here: name, labels, platform and the
// names of its images. It is a transform for an informer.
func SlimNode(obj any) (any, error) {
	node, ok := obj.(*corev1.Node)
	if !ok {
		return obj, nil
	}
	slim := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: node.Name, Labels: node.Labels, ResourceVersion: node.ResourceVersion, UID: node.UID},
		Status: corev1.NodeStatus{NodeInfo: corev1.NodeSystemInfo{
			OperatingSystem: node.Status.NodeInfo.OperatingSystem,
			Architecture:    node.Status.NodeInfo.Architecture,
		}},
	}
	for _, image := range node.Status.Images {
		slim.Status.Images = append(slim.Status.Images, corev1.ContainerImage{Names: image.Names})
	}
	return slim, nil
}
