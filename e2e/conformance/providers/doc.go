// Package providers holds pullgate against the kubelet where nodes bring credentials of
// their own: by credential provider plugins, and by a config.json. It is the table P01
// to P70. On one side is the kubelet's own code, with a real containerd where an image
// is pulled; on the other what `pullgate webhook` is made of. Each has a process for
// each try, and both have one configuration, the same plugins as real processes, and
// the same registries:
//
//	case.go      what a case is
//	table_*.go   the cases
//	short.go     what the tables are written with
//	bench.go     what runs for all of them: containerd and registries
//	stage.go     a try's files and plugins
//	registries.go a try's registry, or its cloud
//	kubelet.go   what the kubelet does with it
//	pullgate.go  what pullgate does
//	runs.go      what the plugins say they were asked, and what is left of them
//	measured.go  what came of a try
//	run.go       all tries
//	score.go     what counts as agreement
//	report.go    the figures
//	markdown.go  docs/credential-providers.md
//
// `make conformance` runs it after the other cases.
package providers
