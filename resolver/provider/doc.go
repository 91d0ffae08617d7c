// Package provider asks a kubelet's credential provider plugins for the
// credentials that a node would bring to a pull by itself.
//
// It reads the kubelet's own CredentialProviderConfig and runs the same plugins,
// by the rules of Kubernetes 1.37 as measured in the cases P01 to P70 of
// docs/credential-providers.md. What it does in another way than a kubelet costs less or
// bounds more, and never yields other credentials:
//
//	config.go    the configuration, from a file or a folder
//	decode.go    its strict decoding
//	validate.go  what a kubelet would not start with
//	warnings.go  what a kubelet accepts, and what does no good
//	set.go       the providers of a configuration, and a question to all of them
//	asked.go     the answer, which whoever asks may wait for
//	plugin.go    one provider: its cache
//	line.go      its runs for one registry: joined, repeated, backed off
//	places.go    the bound on runs at once
//	life.go      the end of all runs, before that of the process
//	run.go       one run: request, process, answer
//	response.go  the strict decoding of the answer
//	exec.go      the process: its group, its time, its output
//	hints.go     what may be said of what a plugin writes to stderr
//	account.go   ServiceAccounts and their tokens (KEP-4412)
//
// Nothing that a plugin prints is ever copied into an error or a log.
package provider
