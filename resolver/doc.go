// Package resolver answers one question: could a node pull this image with
// these credentials?
//
// A Resolver's Check takes an image and the credentials that the Pod's pull
// Secrets came to, and returns a Verdict. Each step has its file or package:
//
//	reference/     the image field, parsed as the kubelet parses it
//	credentials.go what became of the Secrets that the Pod names
//	keyring/       Secrets → credentials in the kubelet's order
//	nodes.go       what nodes bring by themselves
//	provider/      the kubelet's credential providers, asked as a kubelet asks them
//	resolver.go    the decision order
//	instant.go     a yes that is known already, for which nobody has to wait
//	pull.go        credentials tried one after another
//	attempt.go     one credential's attempt: cached, joined with its like
//	registry/      the registry asked as containerd asks it
//	known.go       what is kept, for how long, and what is asked for anew
//	health.go      registries that are left alone for a while
//	refusals/      logins that are left alone for a while
//	content.go     what was found: a manifest or an index, by its media type
//	content/       what a node reads of it before its layers, and whether these are there
//	reading.go     that being read, at once or in the background
//	suit.go        what was read, against the nodes that the Pod can land on
//	classify.go    what the registry answered → Reason
//	explain.go     whose word that is, and the better words that a GET finds
//	proof/         what a refusal of pullgate proves of nodes
//	conclude.go    one verdict of attempts that all failed
//	words.go       Reason → what the user reads, as the other files in *words.go
//	verdict.go     Reasons and their classes
//
// Whatever is not definite is unverified, and nothing here ever turns the one
// into the other.
package resolver
