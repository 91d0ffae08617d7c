// Package nameserver is a DNS server with one answer: every name is loopback. And
// it can be made to say that there is no such name, or nothing at all.
package nameserver
