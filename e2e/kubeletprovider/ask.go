package kubeletprovider

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/pullgate/pullgate/e2e/process"
)

// Inside is set in the environment of the program that answers a Job, and so in that
// of all that it starts: a plugin that is that very program, by mistake, would else
// start itself for ever.
const Inside = "PULLGATE_KUBELETPROVIDER"

// waitDelay is how long what the program leaves behind may keep its output open.
const waitDelay = 2 * time.Second

// Ask has the program at path answer a Job. When it returns, for whatever reason,
// the program and all that it has started are gone. env is added to an environment
// that is empty but for HOME, PATH and TMPDIR, and dir is where it works.
func Ask(ctx context.Context, path, dir string, env []string, job Job) (Result, error) {
	question, err := json.Marshal(job)
	if err != nil {
		return Result{}, fmt.Errorf("ask the kubelet: %w", err)
	}
	var answer, log bytes.Buffer
	cmd := exec.CommandContext(ctx, path) //nolint:gosec // what it runs we have built
	cmd.Dir, cmd.Env = dir, process.Env(dir, env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(question), &answer, &log
	if err := inGroup(cmd, waitDelay); err != nil {
		return Result{}, fmt.Errorf("ask the kubelet: %w: %s", err, bytes.TrimSpace(log.Bytes()))
	}
	var r Result
	if err := json.Unmarshal(answer.Bytes(), &r); err != nil {
		return Result{}, fmt.Errorf("ask the kubelet: %w", err)
	}
	return r, nil
}

// Main is the program's main function: it returns its exit code.
func Main(ctx context.Context, in io.Reader, out, log io.Writer) int {
	if err := serve(ctx, in, out); err != nil {
		_, _ = fmt.Fprintln(log, "kubeletprovider: "+err.Error())
		return 1
	}
	return 0
}

func serve(ctx context.Context, in io.Reader, out io.Writer) error {
	if os.Getenv(Inside) != "" {
		return fmt.Errorf("it is started by itself: %s is set", Inside)
	}
	if err := os.Setenv(Inside, "yes"); err != nil {
		return err
	}
	var job Job
	d := json.NewDecoder(in)
	d.DisallowUnknownFields()
	if err := d.Decode(&job); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	result, err := Do(ctx, job)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(result)
}
