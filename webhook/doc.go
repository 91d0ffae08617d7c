// Package webhook is the admission side: which images a request introduces,
// which level its namespace is held to, and the response with its words.
//
// The walk of one request through the files:
//
//	deadline.go    the API server's ?timeout= becomes the context's deadline
//	validator.go   Handle: the steps below, one after another
//	images.go      the images that the request introduces
//	levels.go      the namespace's labels → levels (looked up by namespaces.go)
//	secrets.go     the Pod's pull Secrets → resolver.Credentials
//	placement.go   the nodes that the Pod can land on (listed by nodes.go)
//	findings.go    all images checked at once → findings
//	decision.go    findings × levels → what is denied, warned about, audited
//	response.go    decision → AdmissionResponse, in the words of words.go
//
// The files that decide do no I/O, and those that do I/O decide nothing.
package webhook
