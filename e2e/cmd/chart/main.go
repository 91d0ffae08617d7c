// Command chart holds the Helm chart, and the manifest rendered from it, against
// a real API server: every document is validated with kubeconform against schemas
// made from the server's own OpenAPI, and applied in a dry run. The chart is
// rendered with its default values, and with each file of its folder ci. What it
// makes for tokens is installed, and tried with requests for tokens.
//
//	main.go     what is done, one after another
//	schemas.go  JSON schemas out of OpenAPI documents
//	crds.go     the kinds of other software that the chart can make
//	tokens.go   which tokens pullgate may ask for
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/process"
)

const namespace = "pullgate-system"

// caBundle is that field of a webhook, and no comment on it.
var caBundle = regexp.MustCompile(`(?m)^[ -]*caBundle:`)

func main() {
	var c checker
	flag.StringVar(&c.helm, "helm", "", "path of helm")
	flag.StringVar(&c.kubeconform, "kubeconform", "", "path of kubeconform")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := c.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chart: "+err.Error())
		os.Exit(1)
	}
}

// checker is the programs, and what runs.
type checker struct {
	helm, kubeconform string
	root              string
	cluster           *cluster.Cluster
	schemas           string
}

func (c *checker) run(ctx context.Context) error {
	for name, path := range map[string]*string{"helm": &c.helm, "kubeconform": &c.kubeconform} {
		absolute, err := filepath.Abs(*path)
		if err != nil || *path == "" {
			return errors.Join(fmt.Errorf("-%s is needed", name), err)
		}
		*path = absolute
	}
	var err error
	if c.root, err = build.Root(ctx); err != nil {
		return err
	}
	binaries, err := build.Ensure(ctx, os.Stderr, build.ControlPlane()...)
	if err != nil {
		return err
	}
	if c.cluster, err = cluster.Start(ctx, cluster.Options{Binaries: binaries}); err != nil {
		return err
	}
	defer c.cluster.Stop()
	if err := c.applyCRDs(ctx); err != nil {
		return err
	}
	c.schemas = filepath.Join(c.cluster.Dir(), "schemas")
	kinds, err := writeSchemas(ctx, c.cluster, c.schemas)
	if err != nil {
		return err
	}
	fmt.Printf("schemas of %d kinds made from the API server's OpenAPI\n", kinds)
	// The API server refuses what would be made in a namespace that is not there.
	if _, stderr, err := c.cluster.Kubectl(ctx, "", "create", "namespace", namespace); err != nil {
		return fmt.Errorf("%w: %s", err, stderr)
	}
	for _, check := range []func(context.Context) error{c.checkChart, c.checkManifest, c.checkTokens} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}

// checkChart renders the chart with all values there are.
func (c *checker) checkChart(ctx context.Context) error {
	chart := filepath.Join(c.root, "deploy", "chart", "pullgate")
	files, err := filepath.Glob(filepath.Join(chart, "ci", "*-values.yaml"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no values to test with in %s/ci", chart)
	}
	for _, values := range append([]string{""}, files...) {
		name, args := "default values", []string{chart, "--namespace", namespace}
		if values != "" {
			name, args = filepath.Base(values), append(args, "--values", values)
		}
		if _, err := c.command(ctx, "", c.helm, append([]string{"lint", "--strict"}, args...)...); err != nil {
			return err
		}
		rendered, err := c.command(ctx, "", c.helm, append([]string{"template", "pullgate"}, args...)...)
		if err != nil {
			return err
		}
		if err := c.validate(ctx, name, rendered); err != nil {
			return err
		}
		// The Pod of `helm test` needs its ServiceAccount to be there, which a dry
		// run does not make; make e2e runs it.
		if rendered, err = c.command(ctx, "", c.helm, append([]string{"template", "pullgate", "--skip-tests"}, args...)...); err != nil {
			return err
		}
		if err := c.dryRun(ctx, name, rendered); err != nil {
			return err
		}
	}
	return nil
}

// checkManifest takes the manifest as it is, and as a kustomize base.
func (c *checker) checkManifest(ctx context.Context) error {
	deploy := filepath.Join(c.root, "deploy")
	manifest, err := os.ReadFile(filepath.Join(deploy, "install.yaml"))
	if err != nil {
		return err
	}
	if err := c.check(ctx, "install.yaml", string(manifest)); err != nil {
		return err
	}
	// As users refer to it: from a kustomization of theirs.
	overlay, err := os.MkdirTemp(c.cluster.Dir(), "overlay-")
	if err != nil {
		return err
	}
	base, err := filepath.Rel(overlay, deploy)
	if err != nil {
		return err
	}
	content := fmt.Sprintf("resources: [%q]\nimages: [{name: ghcr.io/pullgate/pullgate, newName: registry.example.com/pullgate, newTag: v1}]\n", base)
	if err := os.WriteFile(filepath.Join(overlay, "kustomization.yaml"), []byte(content), 0o600); err != nil {
		return err
	}
	built, stderr, err := c.cluster.Kubectl(ctx, "", "kustomize", overlay)
	if err != nil {
		return fmt.Errorf("%w: %s", err, stderr)
	}
	if !strings.Contains(built, "image: registry.example.com/pullgate:v1\n") {
		return errors.New("kustomize does not find the image to replace")
	}
	return c.check(ctx, "kustomize base", built)
}

// check holds documents against the schemas and the API server.
func (c *checker) check(ctx context.Context, name, documents string) error {
	if err := c.validate(ctx, name, documents); err != nil {
		return err
	}
	return c.dryRun(ctx, name, documents)
}

// validate holds documents against the schemas.
func (c *checker) validate(ctx context.Context, name, documents string) error {
	if caBundle.MatchString(documents) {
		return fmt.Errorf("%s: it has a caBundle, which would take away what pullgate writes", name)
	}
	summary, err := c.command(ctx, documents, c.kubeconform, "-strict", "-summary",
		"-schema-location", c.schemas+"/{{ .Group }}-{{ .ResourceAPIVersion }}-{{ .ResourceKind }}.json")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Printf("%s: %s\n", name, strings.TrimSpace(summary))
	return nil
}

// dryRun applies documents, and nothing of it stays.
func (c *checker) dryRun(ctx context.Context, name, documents string) error {
	out, stderr, err := c.cluster.Kubectl(ctx, documents, "apply", "--dry-run=server", "--server-side", "--validate=strict", "-f", "-")
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, stderr)
	}
	fmt.Printf("%s: %d applied in a dry run\n", name, strings.Count(out, "(server dry run)"))
	return nil
}

// command runs a program with nothing of the machine's environment.
func (c *checker) command(ctx context.Context, stdin, path string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // the Makefile says which
	cmd.Env = process.Env(c.cluster.Dir())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(path), args[0], err, stdout.String(), stderr.String())
	}
	return stdout.String(), nil
}
