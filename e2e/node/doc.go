// Package node adds a real node to a cluster of the package cluster: a kubelet,
// containerd, runc and a network for Pods, so that Pods are run, or are not, and
// `kubectl describe` tells why.
//
// It needs root on Linux, and runs inside of netns.Run only, where neither its
// links nor its mounts are the machine's:
//
//	node.go       start and stop, in order
//	kubelet.go    the kubelet and its configuration
//	pause.go      the image of a Pod's sandbox
//	network.go    the Pods' network
//	private_linux.go  what node programs would write to at fixed places
//	sandboxes.go  Pods that still run at the end
//	left.go       what would outlast even containerd
package node
