package build

import (
	"context"
	"fmt"
	"os/exec"
)

// hasLibrary tells what a build with a C library is missing. The compiler would
// too, in words that name neither a package nor a cure.
func hasLibrary(ctx context.Context, library string) error {
	if library == "" {
		return nil
	}
	for _, tools := range [][]string{{"gcc", "cc", "clang"}, {"pkg-config"}} {
		if !oneOf(tools) {
			return fmt.Errorf("%s is needed, and not there: on Debian, install gcc, libc6-dev, pkg-config and %s-dev", tools[0], library)
		}
	}
	err := exec.CommandContext(ctx, "pkg-config", "--exists", library).Run() //nolint:gosec // the name is in our own table
	if err != nil {
		return fmt.Errorf("the C library %[1]s is needed, and not there: on Debian, install %[1]s-dev", library)
	}
	return nil
}

func oneOf(programs []string) bool {
	for _, p := range programs {
		if _, err := exec.LookPath(p); err == nil {
			return true
		}
	}
	return false
}
