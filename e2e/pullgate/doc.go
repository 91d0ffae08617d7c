// Package pullgate installs the product into a cluster of the package cluster,
// from the manifest that users install, and runs its binary as a process with
// nothing but its ServiceAccount's rights.
package pullgate
