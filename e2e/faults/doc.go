// Package faults breaks, one after another, everything that pullgate stands on,
// under a steady stream of Pods, and counts what that does to the Pods: two replicas
// of the built binary, a real API server, real registries.
//
//	bench.go        all that runs; sites.go the registries, replicas.go the replicas
//	plugins.go      the replicas' credential providers
//	specimen.go     the Pods that are tried, and what is known of them
//	judge.go        what came of one: right, wrong, or a call that failed
//	load.go         the stream of them, tally.go what it came to
//	fault.go        a fault; the tables are registryfaults.go and those beside it
//	run.go          calm, fault, recovery, and the counts afterwards
//	figures.go      memory, goroutines and connections of the replicas
//	report.go       the table, the JSON, and which targets were missed
package faults
