// Command pullgate keeps Pods out of a cluster whose images no node could
// pull. See `pullgate help`.
package main

import (
	"errors"
	"fmt"
	"os"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/pullgate/pullgate/cmd/pullgate/check"
)

func main() {
	root := newCommand()
	root.SetArgs(asPlugin(root, os.Args))
	err := root.ExecuteContext(ctrl.SetupSignalHandler())
	if err == nil {
		return
	}
	if err.Error() != "" {
		fmt.Fprintln(os.Stderr, "pullgate:", err)
	}
	os.Exit(exitCode(err))
}

// exitCode is 1 unless the error has one of its own.
func exitCode(err error) int {
	if exit, ok := errors.AsType[*check.ExitError](err); ok {
		return exit.Code
	}
	return 1
}
