package webhook

import (
	"context"
	"maps"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
)

// Nodes follows the cluster's nodes: it is an event handler for an informer. The
// zero value knows of none. It is safe for concurrent use.
type Nodes struct {
	mu     sync.Mutex
	byName map[string]*corev1.Node
	// all is made of byName when it is asked for: 5,000 nodes are not copied for
	// each Pod.
	all []*corev1.Node
}

// All returns the nodes, not to be changed. It never fails.
func (n *Nodes) All(context.Context) ([]*corev1.Node, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.all == nil {
		n.all = slices.Collect(maps.Values(n.byName))
	}
	return n.all, nil
}

func (n *Nodes) set(name string, node *corev1.Node) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.all = nil; node == nil {
		delete(n.byName, name)
		return
	}
	if n.byName == nil {
		n.byName = map[string]*corev1.Node{}
	}
	n.byName[name] = node
}

// OnAdd takes a node that the informer has found.
func (n *Nodes) OnAdd(obj any, _ bool) {
	if node, ok := obj.(*corev1.Node); ok {
		n.set(node.Name, node)
	}
}

// OnUpdate takes a node that has changed.
func (n *Nodes) OnUpdate(_, obj any) { n.OnAdd(obj, false) }

// OnDelete forgets a node.
func (n *Nodes) OnDelete(obj any) {
	// The informer may have missed what the node was at last, not its name.
	if name, err := cache.DeletionHandlingMetaNamespaceKeyFunc(obj); err == nil {
		n.set(name, nil)
	}
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
