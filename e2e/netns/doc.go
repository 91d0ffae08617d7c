// Package netns gives the program a network of its own: it runs it once more,
// in a new network namespace in which there is loopback and nothing else, with
// the addresses that the caller asks for. There a private address such as
// 10.1.2.3 is ours to listen on, no name resolves, and nothing reaches the
// machine or its network. Mounts are made in a namespace of their own as well,
// so that none outlives the program, however it ends.
package netns
