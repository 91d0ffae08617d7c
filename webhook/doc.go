// Package webhook is the admission side: which images a request introduces,
// which level its namespace is held to, and the response with its words.
//
// The walk of one request through the files:
//
//	trace.go       the API server's trace is gone on with, where somebody wants that
//	deadline.go    the API server's ?timeout= becomes the context's deadline
//	review.go      the AdmissionReview is read, and the answer written
//	validator.go   Handle: the steps below, one after another
//	operations.go  the operations that can bring an image
//	exemptions.go  the requests and images that the configuration exempts
//	workload/      what is decoded of an object, and the images that the request brings into it
//	levels.go      the namespace's labels → levels (looked up by namespaces.go)
//	examine.go     credentials, and all images checked at once → findings
//	secrets.go     the pull Secrets by name; accounts.go the ServiceAccount's
//	placement.go   the nodes that the Pod can land on (listed by nodes.go)
//	decision.go    findings × levels → what is denied, warned about, audited
//	response.go    decision → AdmissionResponse, in the words of words.go
//	outcome.go     what it came to, for who counts; logging.go the line in the log,
//	               with the request as requestlog.go words it
//
// The files that decide do no I/O, and those that do I/O decide nothing.
package webhook
