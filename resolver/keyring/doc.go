// Package keyring turns a Pod's pull Secrets into the credentials that a
// kubelet would try for an image, in the kubelet's order.
//
// It is a port of what the kubelet's credential provider does with Secrets
// (Kubernetes 1.37), kept equal to it by the differential tests in e2e. The
// kubelet's rules surprise: one malformed Secret spoils the whole keyring, a
// Secret of another type is passed over in silence, a path in a key is a plain
// string prefix, and Docker Hub's key is a fall-back that other matching keys
// suppress. Do not "repair" them here: the node decides.
package keyring
