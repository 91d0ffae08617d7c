// Package workload finds the images in API objects: in a Pod, and in the Pod
// template of whatever makes Pods.
//
//	kinds.go     the kinds that have a Pod spec, and where in them it is
//	workload.go  what is read of an object and its Pod spec
//	decode.go    the same from an object's JSON
//	images.go    the images of a Pod spec, and those that a change brings
//	quiet.go     the objects for which nothing will be pulled, or nobody listens
//
// It does no I/O and decides nothing about images.
package workload
