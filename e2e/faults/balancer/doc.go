// Package balancer stands in for a Service: it takes TCP connections at one
// address and leads each to one of several replicas. As with Endpoints and
// kube-proxy, a new connection goes to a replica that called itself ready when last
// asked, dead or alive, and one that is there stays where it is.
package balancer
