// Package front puts registries where a user would have them: behind HTTPS, at an
// address that is not loopback's, with names that a name server knows. It is for
// what runs in a network namespace of package netns.
package front
