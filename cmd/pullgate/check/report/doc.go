// Package report holds what `pullgate check` found, and writes it: as a table
// for people, and as JSON, YAML, SARIF and JUnit XML for machines.
//
//	report.go   the document, its order and its sums
//	write.go    the formats by name
//	table.go    the table
//	sarif.go    SARIF 2.1.0
//	junit.go    JUnit XML
//
// It does no I/O but writing, and decides nothing about images.
package report
