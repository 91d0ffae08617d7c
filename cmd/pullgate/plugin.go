package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// The names under which kubectl finds a plugin, and what completes its arguments.
// Both are links to this binary.
const (
	pluginName     = "kubectl-pullgate"
	completionName = "kubectl_complete-pullgate"
)

// asPlugin makes a command line behave as it is called: args are those of the
// process. It returns the arguments for the command.
func asPlugin(root *cobra.Command, args []string) []string {
	name := strings.TrimSuffix(filepath.Base(args[0]), ".exe")
	if name != pluginName && name != completionName {
		return args[1:]
	}
	root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl pullgate"}
	if name == completionName {
		// kubectl reads what cobra's own scripts read.
		return slices.Concat([]string{cobra.ShellCompRequestCmd}, args[1:])
	}
	return args[1:]
}
