// Package kubeletprovider puts a CredentialProviderConfig through the kubelet's own
// code: what it refuses at its start, and else the credentials that an image of a
// Pod comes to, in their order, with each run of a plugin.
//
//	job.go     what is asked, and what comes of it
//	ask.go     a program that answers one Job, and its end
//	run.go     that program's work
//	pull.go    whole pulls, with a containerd that runs already
//	witness.go each run of a plugin, seen
//
// The kubelet registers its providers once, in a variable that only grows, and asks
// all of them for every image. So there is one process for each configuration:
// e2e/cmd/kubeletprovider, which reads a Job from its standard input and writes a
// Result to its standard output. Where a process each is too slow, as in fuzzing, the
// package kubeletplugin is of use.
package kubeletprovider
