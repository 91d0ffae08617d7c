// Package realregistries holds the built pullgate against registries that others
// have written: each whose server is a Go module that the module proxy has. What they
// answer for an image that is missing, or to a wrong password, must be taken for their
// own word and deny; what is there must be pullable. It has only tests.
//
//	go test ./realregistries                         # the verdicts
//	go test ./realregistries -run Answers -v         # what each registry answers, as a table
package realregistries
