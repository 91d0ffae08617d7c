// Package oracle is the truth that pullgate is measured against: what a node
// does with an image. It starts a real containerd and drives it with the
// kubelet's own code: the image manager, the records of who pulled what, the
// keyring made of pull Secrets, and the CRI client.
//
// What is not the kubelet's own is said where it stands: the loop over the
// credentials in runtime.go, and the limits on pulls, which are off.
package oracle
