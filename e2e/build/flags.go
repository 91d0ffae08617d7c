package build

import "strings"

// shared are the flags of all that is built in the two modules: the servers and
// the commands as pullgate, so that what two of them have in common is compiled
// once. The Makefile has the same ones. They are those of the Dockerfile, for the
// size of pullgate is part of its memory, and one more:
//
//   - Without grpcnotrace, gRPC (of which the trace exporter has the types) links
//     html/template, and with it the linker keeps every exported method of every
//     type: half as much again.
//   - -dwarf=false saves an eighth of the time to compile, and nothing else: what
//     it leaves out, -s -w would throw away.
func shared() []string {
	return []string{"-trimpath", "-gcflags=all=-dwarf=false", "-tags", "grpcnotrace"}
}

// flags are what the go command is given for a program.
func flags(b binary, version string) []string {
	linked := "-s -w"
	if b.module == kubernetes {
		linked += " " + kubernetesLDFlags(version)
	}
	flags := shared()
	switch last := len(flags) - 1; {
	case b.version != "":
		// It has versions, and often a C library, of its own: there is nothing to share.
		flags = []string{"-gcflags=all=-dwarf=false", "-tags", b.tags}
	case b.tags != "":
		flags[last] += "," + b.tags
	}
	return append(flags, "-ldflags", linked)
}

// kubernetesLDFlags gives a Kubernetes program its version. Without it, it calls
// itself by a template that kubectl can't parse.
func kubernetesLDFlags(version string) string {
	const pkg = "k8s.io/component-base/version."
	major, minor, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	minor, _, _ = strings.Cut(minor, ".")
	return strings.Join([]string{
		"-X " + pkg + "gitVersion=" + version,
		"-X " + pkg + "gitMajor=" + major,
		"-X " + pkg + "gitMinor=" + minor,
		"-X " + pkg + "gitCommit=unknown",
		"-X " + pkg + "buildDate=1970-01-01T00:00:00Z",
	}, " ")
}
