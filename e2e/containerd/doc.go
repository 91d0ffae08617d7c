// Package containerd runs a containerd of its own in a folder of its own, in
// memory, for what needs a real one: the oracle, which pulls images with it, and
// the node, which runs containers with it as well.
package containerd
