// Package conformance holds pullgate against a node, case by case: the kubelet's
// own code with a real containerd on one side, the built binary behind a real API
// server on the other, and one scripted registry for both.
//
// The cases are C01 to C86, and from C87 on what random runs have found beyond
// them:
//
//	case.go       what a case is
//	table_*.go    the cases
//	short.go      what the tables are written with
//	score.go      what counts as agreement
//	bench.go      everything that runs: control plane, pullgate, node, registry
//	hosts.go      where each registry host leads, for either side
//	stage.go      a try's repositories, Secrets and hosts
//	node.go       what the node does with it
//	ask.go        what pullgate answers
//	run.go        all tries
//	draw.go       random behaviours
//	random.go     all random runs
//	report.go     what comes out
//	markdown.go   docs/conformance.md
package conformance
