// Package registry runs a real registry, github.com/distribution/distribution,
// as a process on loopback: open, with htpasswd or with token authentication. It
// fills it with small images, tells which requests reached it, and writes the
// certs.d folder by which an administrator gives such a registry a host name.
package registry
