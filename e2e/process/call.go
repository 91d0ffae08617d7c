package process

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"time"
)

// waitDelay is how long what a called program leaves behind may keep its output open.
const waitDelay = 2 * time.Second

// Call runs a program that reads a question as JSON from its standard input, and writes
// an answer as JSON to its standard output, first of all. When Call returns, for
// whatever reason, the program is gone, and so is all that it has started in its
// process group. Of Options it takes Name, Path, Args, Dir and Env.
func Call(ctx context.Context, o Options, question, answer any) error {
	text, err := json.Marshal(question)
	if err != nil {
		return fmt.Errorf("ask %s: %w", o.Name, err)
	}
	var out, log bytes.Buffer
	cmd := exec.CommandContext(ctx, o.Path, o.Args...) //nolint:gosec // what is run is for the caller to say
	cmd.Dir, cmd.Env = o.Dir, Env(o.Dir, o.Env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), &out, &log
	if err := inGroup(cmd, waitDelay); err != nil {
		return fmt.Errorf("ask %s: %w: %s%s", o.Name, err, bytes.TrimSpace(log.Bytes()), bytes.TrimSpace(out.Bytes()))
	}
	if err := json.NewDecoder(&out).Decode(answer); err != nil {
		return fmt.Errorf("ask %s: %w", o.Name, err)
	}
	return nil
}
