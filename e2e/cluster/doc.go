// Package cluster starts a real Kubernetes control plane, etcd and
// kube-apiserver, as processes on loopback, without root and without Docker.
//
// There are no nodes, and no controllers unless Options asks for them: objects
// are stored, admitted and authorized as in any cluster, and a Pod stays Pending.
// What a controller would have made, a namespace's ServiceAccount, NewNamespace
// makes. The package node adds a node.
package cluster
