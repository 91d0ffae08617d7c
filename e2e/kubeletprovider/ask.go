package kubeletprovider

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/pullgate/pullgate/e2e/process"
)

// Inside is set in the environment of the program that answers a Job, and so in that
// of all that it starts: a plugin that is that very program, by mistake, would else
// start itself for ever.
const Inside = "PULLGATE_KUBELETPROVIDER"

// Ask has the program at path answer a Job, with env added to a minimal environment
// and dir as the folder where it works. When it returns, the program and all that it
// has started are gone.
func Ask(ctx context.Context, path, dir string, env []string, job Job) (r Result, err error) {
	err = process.Call(ctx, process.Options{Name: "the kubelet", Path: path, Dir: dir, Env: env}, job, &r)
	return r, err
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
