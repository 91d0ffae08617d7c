// Package config is the configuration file: one versioned YAML document, strictly
// decoded over the defaults, and re-read while pullgate runs.
//
//	configuration.go  Configuration, its defaults, Load
//	parse.go          bytes → Configuration; document.go is the YAML part
//	decode.go         a YAML document into Go values, all errors with their lines
//	errors.go         file, line, field and what is wrong there
//	print.go          Configuration → YAML that means the same
//	reload.go         notices a change, and puts it into force or refuses it
//	metrics.go        what monitoring is told of that
//
// What the fields mean, and which values they take, is for the packages to say
// that the parts belong to: webhook and resolver.
package config
