// Package build makes the programs that the end-to-end tests and the demo run,
// from Go modules alone: the control plane of a real Kubernetes, a real
// registry, and pullgate itself. They are put into the folder bin of this
// module and made again only when what they are made of has changed.
package build
