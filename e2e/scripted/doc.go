// Package scripted is a registry that misbehaves as told: for each repository a
// Behaviour says what it answers, from the status of the third HEAD to the body
// of the token server. Real registries can't be made to do what the rows of the
// conformance table need; the images behind the answers are real.
//
// A Behaviour is data, so that one can be drawn at random, and printed as one
// line that plays it again:
//
//	behaviour.go  what a repository does
//	content.go    the image behind it, as it is described
//	size.go       lengths that are wrong
//	builder.go    the documents that it is made of
//	image.go      manifests, configs, layers
//	index.go      indexes, and what they say of their children
//	server.go     the listeners, and which script a request belongs to
//	front.go      whoever answers in the registry's place
//	manifest.go   the answers to requests for manifests
//	blob.go       those for blobs, and object stores
//	auth.go       challenges, and who is let in
//	token.go      the token server
//	record.go     who asked for what
//
// The nodes and pullgate are told apart, and each sees every sequence of answers
// from its start.
package scripted
