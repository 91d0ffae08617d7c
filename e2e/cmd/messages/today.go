package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// failTimeout is how long Pods may take to fail: the kubelet waits 10 seconds
// before it calls a failure a back-off, and all start at once.
const failTimeout = 10 * time.Minute

// today makes the Pods of all causes, waits until each has failed as it should,
// and returns what describe tells of them, by the cause's name.
func (s *setup) today(ctx context.Context) (map[string]string, error) {
	for _, c := range causes() {
		for _, secret := range c.secrets {
			if _, err := s.cluster.Client().CoreV1().Secrets(namespace).Create(ctx, secret, metav1.CreateOptions{}); err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
		}
		if _, stderr, err := s.cluster.Kubectl(ctx, c.manifest(), "apply", "-n", namespace, "-f", "-"); err != nil {
			return nil, fmt.Errorf("%s: %w: %s", c.name, err, stderr)
		}
	}
	told := map[string]string{}
	for _, c := range causes() {
		var described string
		err := eventually(ctx, failTimeout, func(ctx context.Context) (err error) {
			described, err = s.describe(ctx, "pod", c.name)
			if err != nil {
				return err
			}
			return c.failed(described)
		})
		if err != nil {
			return nil, fmt.Errorf("%s: the Pod does not fail as expected: %w\n%s", c.name, err, described)
		}
		told[c.name] = state(described) + "...\n" + table(events(described, podEvents()...))
	}
	return told, nil
}

func (s *setup) describe(ctx context.Context, args ...string) (string, error) {
	stdout, stderr, err := s.cluster.Kubectl(ctx, "", append([]string{"describe", "-n", namespace}, args...)...)
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, stderr)
	}
	return stdout, nil
}

// failed tells whether the node has said all that it has to say.
func (c cause) failed(described string) error {
	if at := state(described); !strings.Contains(at, c.node) {
		return fmt.Errorf("the container's state is not %q", c.node)
	}
	found := events(described, podEvents()...)
	for what, expected := range map[string]func(event) bool{
		"on the Secret":   func(e event) bool { return c.missing == "" || e.reason == "FailedToRetrieveImagePullSecret" },
		"on the failure":  func(e event) bool { return c.node != backOff || e.reason == "Failed" && e.rank() == 0 },
		"on the reason":   func(e event) bool { return strings.Contains(e.message, errorPrefix+c.node) },
		"on the back-off": func(e event) bool { return c.node != backOff || e.reason == "BackOff" },
	} {
		if !slices.ContainsFunc(found, expected) {
			return fmt.Errorf("there is no event %s", what)
		}
	}
	return nil
}

// eventually retries until try succeeds.
func eventually(ctx context.Context, limit time.Duration, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(500 * time.Millisecond):
		}
	}
}
