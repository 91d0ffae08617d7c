package story

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/process"
)

// furnishHome makes the user's folder, with the programs that are on the path.
func (s *story) furnishHome() error {
	s.home = filepath.Join(s.dir, "home")
	bin := filepath.Join(s.home, "bin")
	if err := os.MkdirAll(bin, 0o750); err != nil {
		return err
	}
	for name, program := range map[string]string{
		"pullgate": s.options.Binaries[build.Pullgate], "kubectl": s.options.Binaries[build.Kubectl], "helm": s.options.Helm,
	} {
		if err := os.Symlink(program, filepath.Join(bin, name)); err != nil {
			return err
		}
	}
	return nil
}

// sh runs a line as the user's shell does, in the user's folder, and returns both
// streams as a terminal shows them, and the exit code.
func (s *story) sh(ctx context.Context, line string) (printed string, code int, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, "sh", "-c", line) //nolint:gosec // our own documents
	cmd.Dir = s.home
	// The registries' CA is what the machine trusts.
	cmd.Env = process.Env(s.home, "KUBECONFIG="+s.cluster.Kubeconfig(), "SSL_CERT_FILE="+filepath.Join(s.certsD, openHost, "ca.crt"),
		"PATH="+filepath.Join(s.home, "bin")+":"+os.Getenv("PATH"))
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = 5 * time.Second
	err = cmd.Run()
	if exit := (&exec.ExitError{}); errors.As(err, &exit) && ctx.Err() == nil {
		return out.String(), exit.ExitCode(), nil
	}
	return out.String(), 0, err
}

// mustSh is for a line that has to go well.
func (s *story) mustSh(ctx context.Context, line string) (printed string, err error) {
	printed, code, err := s.sh(ctx, line)
	if err == nil && code != 0 {
		err = fmt.Errorf("%s: exit code %d: %s", line, code, printed)
	}
	return printed, err
}

// commandsIn are the commands in what Helm prints: each is indented, and may go on
// in the next line behind a backslash.
func commandsIn(notes string) (commands []string) {
	joined := strings.ReplaceAll(notes, "\\\n", " ")
	for line := range strings.Lines(joined) {
		if command, indented := strings.CutPrefix(line, "  "); indented && strings.TrimSpace(command) != "" {
			commands = append(commands, strings.TrimSpace(command))
		}
	}
	return commands
}
