// Package differential holds pullgate's keyring and its parsing of references
// against the kubelet's own code: whatever Secrets and strings there may be, the
// two must agree. It has only tests.
//
//	go test ./differential                                    # the seeds, and some thousand random runs
//	go test ./differential -run x -fuzz Keyring -fuzztime 1000000x
package differential
