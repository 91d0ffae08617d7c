// Package check is `pullgate check`: the webhook's verdicts without a webhook,
// on manifests, on images, and on what runs in a cluster.
//
// The walk of one check through the files:
//
//	command.go     the command, its flags and their sense
//	run.go         the steps below, one after another, and the exit code
//	input.go       files, folders, URLs and the standard input
//	document.go    their documents, with the line of each
//	kustomize.go   what a kustomization comes to
//	manifest.go    a document's objects: workloads, Secrets, ServiceAccounts
//	defaults.go    what an API server fills in before its webhooks see an object
//	position.go    the line of a field
//	running.go     the Pods of a cluster
//	target.go      all of these as images to check
//	sources.go     pull Secrets and ServiceAccounts: of the manifests, the cluster
//	cluster.go     what is read of a cluster
//	login.go       the local login in place of pull Secrets
//	examine.go     each image checked once, a few at a time at each registry
//	progress.go    the bar on a terminal
//	report/        what is written
package check
