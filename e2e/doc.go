// Package e2e holds the end-to-end tests: the built binary of pullgate against a
// real API server and real registries, all of them processes on loopback.
//
// Everything runs under one test, so that what is expensive is started once:
//
//	go test -run 'TestPullgate/missing_tag' .
//
// The programs are built on the way; `make test-e2e` does it beforehand and
// shows its progress.
package e2e
