package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/process"
)

// Kubectl runs the real kubectl as the administrator and returns what a user
// sees. The error is an *exec.ExitError when kubectl itself reports one.
func (c *Cluster) Kubectl(ctx context.Context, stdin string, args ...string) (stdout, stderr string, err error) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, c.binaries[build.Kubectl], args...) //nolint:gosec // running what the test says is its purpose
	cmd.Env = process.Env(c.dir, "KUBECONFIG="+c.Kubeconfig())
	cmd.Dir = c.dir
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.WaitDelay = 5 * time.Second
	if err = cmd.Run(); err != nil {
		err = fmt.Errorf("kubectl %s: %w", strings.Join(args, " "), err)
	}
	return out.String(), errs.String(), err
}
