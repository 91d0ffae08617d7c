// Package conformance does for e2e/conformance/providers what pullgate does with the
// credentials that nodes bring by themselves. It has only tests, and is a program all
// the same: built with `go test -c`, it reads a job from its standard input, and writes
// to its standard output what came of it. So it has the environment of a process of its
// own, as the kubelet on the other side, and time can pass in a bubble of
// testing/synctest. The e2e module, whose dependencies are those of Kubernetes, is
// kept free of pullgate's.
package conformance
