// Package differential holds pullgate's keyring, its parsing of references and its
// credential providers against the kubelet's own code: whatever Secrets, strings,
// configurations and answers there may be, the two must agree. It has only tests.
//
//	go test ./differential                                    # the seeds, and some thousand random runs
//	go test ./differential -run x -fuzz Keyring -fuzztime 1000000x
package differential
