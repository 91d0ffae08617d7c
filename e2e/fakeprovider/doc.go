// Package fakeprovider tells the program of the same name what to do. It is a
// credential provider, as kubelets run them, that answers what a test wants, and
// fails as a test wants:
//
//	script.go  what a run does, and what it writes down
//	read.go    what the runs have written down, and answers to be given
//	config.go  the CredentialProviderConfig that names it
//
// A Script is handed over in one entry of the environment, so that a
// CredentialProviderConfig can hold it; or that entry names a file with it, and what
// the program does can be changed between two runs.
package fakeprovider
