package webhook

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"unique"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/pullgate/pullgate/resolver/reference"
)

// Nodes follows the cluster's nodes: it is an event handler for an informer. The
// zero value knows of none. It is safe for concurrent use.
type Nodes struct {
	mu     sync.Mutex
	byName map[string]*Node
	// all is made of byName when it is asked for: 5,000 nodes are not copied for
	// each Pod.
	all []*Node
}

// All returns the nodes, not to be changed. It never fails.
func (n *Nodes) All(context.Context) ([]*Node, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.all == nil {
		n.all = slices.Collect(maps.Values(n.byName))
	}
	return n.all, nil
}

func (n *Nodes) set(name string, node *Node) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.all = nil; node == nil {
		delete(n.byName, name)
		return
	}
	if n.byName == nil {
		n.byName = map[string]*Node{}
	}
	n.byName[name] = node
}

// OnAdd takes a node that the informer has found.
func (n *Nodes) OnAdd(obj any, _ bool) {
	if node, ok := obj.(*Node); ok {
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

// Node is what is read here of a cluster's node. It is made by SlimNode.
type Node struct {
	// Node has name, labels and platform, and nothing else. The kernel version is
	// that of windowsBuild.
	corev1.Node
	// images are the names of the images that the node lists, in full. Its fellows
	// list the same: each name is kept once, which in a large cluster is most of the
	// memory.
	images []unique.Handle[string]
}

// SlimNode makes a *Node of a *corev1.Node. It is a transform for an informer.
func SlimNode(obj any) (any, error) {
	node, ok := obj.(*corev1.Node)
	if !ok {
		return obj, nil
	}
	slim := &Node{Node: corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: node.Name, Labels: node.Labels, ResourceVersion: node.ResourceVersion, UID: node.UID},
		Status: corev1.NodeStatus{NodeInfo: corev1.NodeSystemInfo{
			OperatingSystem: node.Status.NodeInfo.OperatingSystem,
			Architecture:    node.Status.NodeInfo.Architecture,
			KernelVersion:   windowsBuild(node.Status.NodeInfo),
		}},
	}}
	names := 0
	for _, image := range node.Status.Images {
		names += len(image.Names)
	}
	slim.images = make([]unique.Handle[string], 0, names)
	for _, image := range node.Status.Images {
		for _, name := range image.Names {
			slim.images = append(slim.images, unique.Make(reference.OnNode(name)))
		}
	}
	return slim, nil
}

// windowsBuild is the version of a Windows node by which its images are chosen,
// such as 10.0.20348, "" for another. The revision behind it does not count, and
// differs from node to node. It is kept once.
func windowsBuild(info corev1.NodeSystemInfo) string {
	if info.OperatingSystem != "windows" {
		return ""
	}
	version := info.KernelVersion
	if parts := strings.SplitN(version, ".", 4); len(parts) == 4 {
		version = strings.TrimSuffix(version, "."+parts[3])
	}
	return unique.Make(version).Value()
}
