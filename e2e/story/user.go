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

	"sigs.k8s.io/yaml"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cloud"
	"github.com/pullgate/pullgate/e2e/process"
)

// kubectl runs kubectl, and returns both streams, as a terminal shows them.
func (s *story) kubectl(ctx context.Context, stdin string, args ...string) (string, error) {
	stdout, stderr, err := s.cluster.Kubectl(ctx, stdin, args...)
	if err != nil {
		err = fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr))
	}
	return stderr + stdout, err
}

// must is for what is no more than a means.
func (s *story) must(ctx context.Context, args ...string) error {
	_, err := s.kubectl(ctx, "", args...)
	return err
}

// apply applies a manifest in a namespace.
func (s *story) apply(ctx context.Context, namespace, manifest string) (string, error) {
	return s.kubectl(ctx, manifest, "apply", "-n", namespace, "-f", "-")
}

// denied is an error unless kubectl failed with a webhook's denial that has all the
// words.
func denied(printed string, err error, webhook string, words ...string) error {
	if err == nil {
		return fmt.Errorf("it was not denied: %s", printed)
	}
	for _, word := range append(words, fmt.Sprintf("admission webhook %q denied the request", webhook)) {
		if !strings.Contains(printed, word) {
			return fmt.Errorf("the denial does not mention %q: %s", word, printed)
		}
	}
	return nil
}

// warned is an error unless kubectl went well, with a warning that has the words.
func warned(printed string, err error, words ...string) error {
	if err != nil {
		return err
	}
	for line := range strings.Lines(printed) {
		if strings.HasPrefix(line, "Warning: ") && containsAll(line, words) {
			return nil
		}
	}
	return fmt.Errorf("no warning that mentions %q: %s", words, printed)
}

func containsAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// helm runs helm with the release's namespace.
func (s *story) helm(ctx context.Context, args ...string) (string, error) {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, s.options.Helm, append(args, "--namespace", namespace)...) //nolint:gosec // the Makefile says which
	cmd.Env = process.Env(s.cluster.Dir(), "KUBECONFIG="+s.cluster.Kubeconfig())
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("helm %s: %w: %s", args[0], err, out.String())
	}
	return out.String(), nil
}

// chart is the path of the chart, and values of the file with what this cluster
// has of its own: where pullgate's image is, the registries' CA, and patience.
func (s *story) chart(ctx context.Context) (chart, values string, err error) {
	root, err := build.Root(ctx)
	if err != nil {
		return "", "", err
	}
	content, err := yaml.Marshal(map[string]any{
		"image":  map[string]string{"repository": openHost + "/pullgate/pullgate"},
		"certsD": map[string]any{openHost: s.hostFiles(openHost), privateHost: s.hostFiles(privateHost), cloud.Host: s.hostFiles(cloud.Host)},
		// On a busy machine the API server would let a Pod through for want of an
		// answer, and the stream take that for pullgate's.
		"webhook": map[string]any{"timeoutSeconds": 30},
		"config":  map[string]any{"limits": map[string]any{"lookupTimeout": "2m"}},
	})
	if err != nil {
		return "", "", err
	}
	values = filepath.Join(s.dir, "values.yaml")
	return filepath.Join(root, "deploy", "chart", "pullgate"), values, os.WriteFile(values, content, 0o600)
}

// release installs or upgrades with Helm, and waits until all replicas are ready.
func (s *story) release(ctx context.Context, verb string, more ...string) (string, error) {
	chart, values, err := s.chart(ctx)
	if err != nil {
		return "", err
	}
	return s.helm(ctx, append([]string{verb, "pullgate", chart, "--values", values, "--wait", "--timeout", patience.String()}, more...)...)
}

// patience is how long what is a matter of seconds may take on a busy machine.
const patience = 10 * time.Minute

// eventually tries until it succeeds, or patience is over.
func eventually(ctx context.Context, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var last error
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		// What was cut short explains nothing.
		if ctx.Err() == nil || last == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %w", patience, errors.Join(last, context.Cause(ctx)))
		case <-time.After(250 * time.Millisecond):
		}
	}
}
