// Package conformance holds pullgate against nodes, case by case: the kubelet's
// own code with real containerds on one side, the built binary behind a real API
// server on the other, and one scripted registry for all. There are two nodes, for
// containerd pulls in two ways, and what holds in one way alone is not definite.
//
// The cases are C01 to C86, from C87 on what random runs have found beyond them,
// and from C96 on what strangers have reported:
//
//	case.go       what a case is
//	table_*.go    the cases; table_reported_*.go those from reports
//	short.go      what the tables are written with
//	pages.go      answers of front ends, and registries' own refusals
//	score.go      what counts as agreement
//	bench.go      everything that runs: control plane, pullgate, nodes, registry
//	hosts.go      where each registry host leads, for either side
//	stage.go      a try's repositories, Secrets and hosts
//	node.go       what the nodes do with it
//	matcher.go    what nodes do that there are none of here
//	ask.go        what pullgate answers
//	run.go        all tries
//	draw.go       random runs: draw*.go are what is drawn
//	random.go     a random run as a line
//	randomrun.go  all random runs
//	shrink.go     a disagreement, made as small as it gets
//	report.go     what comes out
//	markdown.go   docs/conformance.md
//
// The folder providers has the cases of what nodes bring to a pull by themselves.
package conformance
