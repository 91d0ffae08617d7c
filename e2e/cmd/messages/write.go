package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/conformance"
)

// section is one of the document.
type section struct{ title, intro, today, pullgate string }

// write makes everything fail, twice, and writes the document.
func write(ctx context.Context, binaries build.Paths) error {
	begun := time.Now()
	s, err := setUp(ctx, binaries)
	defer s.tearDown()
	if err != nil {
		return err
	}
	sections, err := s.sections(ctx)
	if err != nil {
		return err
	}
	versions, err := conformance.FindVersions(ctx, binaries)
	if err != nil {
		return err
	}
	root, err := build.Root(ctx)
	if err != nil {
		return err
	}
	path := filepath.Join(root, "docs", "messages.md")
	if err := os.WriteFile(path, []byte(markdown(versions, sections)), 0o600); err != nil {
		return err
	}
	say("wrote docs/messages.md, %d sections, in %s", len(sections), time.Since(begun).Round(time.Second))
	return nil
}

func (s *setup) sections(ctx context.Context) ([]section, error) {
	say("without pullgate: waiting for %d Pods to fail ...", len(causes())+1)
	today, err := s.today(ctx)
	if err != nil {
		return nil, fmt.Errorf("without pullgate: %w", err)
	}
	deploymentToday, err := s.deploymentToday(ctx)
	if err != nil {
		return nil, fmt.Errorf("without pullgate: %w", err)
	}
	if err := s.cleanUp(ctx); err != nil {
		return nil, err
	}
	say("with pullgate: making the same Pods ...")
	if err := s.startPullgate(ctx); err != nil {
		return nil, err
	}
	answers, err := s.withPullgate(ctx)
	if err != nil {
		return nil, fmt.Errorf("with pullgate: %w", err)
	}
	deploymentAnswer, err := s.deploymentWithPullgate(ctx)
	if err != nil {
		return nil, fmt.Errorf("with pullgate: %w", err)
	}
	var all []section
	for _, c := range causes() {
		today := fmt.Sprintf("$ kubectl describe pod -n %s %s\n...\n%s", namespace, c.name, today[c.name])
		all = append(all, section{c.title, c.about(), today, answers[c.name]})
	}
	return append(all, section{
		"A Deployment with a typo",
		"A controller makes the Pods, and no user is there to read what it is told. The image is the first one's.",
		deploymentToday, deploymentAnswer,
	}), nil
}

// cleanUp removes what failed, so that the same can be made again.
func (s *setup) cleanUp(ctx context.Context) error {
	for _, args := range [][]string{
		{"delete", "deployment", "--all", "--cascade=foreground"},
		{"delete", "pod", "--all", "--now"},
	} {
		if _, stderr, err := s.cluster.Kubectl(ctx, "", append(args, "-n", namespace)...); err != nil {
			return fmt.Errorf("%w: %s", err, stderr)
		}
	}
	return nil
}

// about is a cause's introduction with the image that the Pod names.
func (c cause) about() string {
	about := c.intro + " Image: `" + c.image + "`"
	if names := c.secretNames(); len(names) > 0 {
		about += "; imagePullSecrets: `" + strings.Join(names, "`, `") + "`"
	}
	return about + "."
}

const document = `# What users are told

<!-- Written by ` + "`make messages`" + `; do not edit. -->

For each cause of a failed pull: what ` + "`kubectl describe`" + ` tells today, once the Pod has failed on its node, and what kubectl
prints for the same Pod where pullgate is installed, before there is a Pod. Both are real output, of Kubernetes %[1]s with
containerd %[2]s on %[3]s, and of registries that do what each section says. Of describe's output the parts on the pull are
shown, without the ages of events.
`

// markdown is the document. It holds nothing that changes from run to run while
// the messages do not.
func markdown(v conformance.Versions, sections []section) string {
	var b strings.Builder
	fmt.Fprintf(&b, document, v.Kubernetes, v.Containerd, v.Platform)
	for _, s := range sections {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\nToday:\n\n```console\n%s```\n\nWith pullgate:\n\n```console\n%s```\n",
			s.title, s.intro, steady(s.today), steady(s.pullgate))
	}
	return b.String()
}
