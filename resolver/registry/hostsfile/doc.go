// Package hostsfile reads a hosts.toml of containerd's certs.d by the rules of
// containerd 2.4, which has a parser of its own and makes the endpoints of it.
// This one is for what that parser drops: the rewrite tables, which the containerd
// of k3s and RKE2 obeys, and whether that containerd asks the registry itself at
// all.
package hostsfile
