// Command pullgate keeps Pods out of a cluster whose images no node could
// pull. See `pullgate help`.
package main

import (
	"fmt"
	"os"

	ctrl "sigs.k8s.io/controller-runtime"
)

func main() {
	if err := newCommand().ExecuteContext(ctrl.SetupSignalHandler()); err != nil {
		fmt.Fprintln(os.Stderr, "pullgate:", err)
		os.Exit(1)
	}
}
