// Package registry asks a registry for a manifest the way a node would.
//
// go-containerregistry is the client, and under it stands one
// http.RoundTripper that sends each request as containerd 2.4 sends it
// (C55 to C72): no ping, containerd's own authorizer for the
// challenges, containerd's own certs.d parser for endpoints and mirrors, its
// retries, its limit of redirects and of a manifest's size. What its parser
// drops of a hosts.toml, hostsfile reads.
//
// What it adds is for a server that strangers can make connect to any host:
// addresses that only a node's own software should reach are not dialled
// unless the administrator's certs.d names them, and everything that is read
// is capped.
package registry
