// Package proof decides what a registry's refusal of pullgate proves of nodes, which
// may have other credentials.
//
//	clouds.go the registries for which the nodes of clouds bring credentials
//	proof.go  the rules: who asked, what the registry answered, what that proves
//
// It is pure, and its rule is that only what no node could be answered otherwise is
// definite.
package proof
