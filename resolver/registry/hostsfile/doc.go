// Package hostsfile reads a hosts.toml of containerd's certs.d by the rules of
// containerd 2.4, which has a parser of its own and makes the endpoints of it.
// This one is for what that parser drops, or does not let out:
//
//   - the rewrite tables, which the containerd of k3s and RKE2 obeys, and whether
//     that containerd asks the registry itself at all;
//   - the endpoints of a file that names another that cannot be read here: one
//     such file, and containerd makes none of them.
package hostsfile
