// Package content reads what a node reads of an image after it has resolved its
// name: the entries of an index for its platform, the body of a manifest, the
// config, and whether the layers are there.
//
//	index.go    an index, taken apart
//	choose.go   the entry that a node takes (C76 to C80, C87)
//	read.go     what a node fetches, and what of it fails
//	image.go    a manifest with its config and its layers (C83, C84, C86)
//	report.go   what came of it, and what of that is kept
//	set.go      the digests of images that nothing is wrong with
//
// containerd pulls in one of two ways, which differ in what they fetch: its
// transfer service, the default, and client.Pull, "local pull". A Report is of
// both. What was not read is never kept as if it had been.
package content
