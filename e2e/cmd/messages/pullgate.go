package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// withPullgate makes the same Pods again and returns what kubectl prints.
func (s *setup) withPullgate(ctx context.Context) (map[string]string, error) {
	said := map[string]string{}
	for _, c := range causes() {
		if err := s.checkReason(ctx, c); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		// From a file, as users do it, in the folder that kubectl works in.
		file := c.name + ".yaml"
		if err := os.WriteFile(filepath.Join(s.cluster.Dir(), file), []byte(c.manifest()), 0o600); err != nil {
			return nil, err
		}
		args := []string{"apply", "-n", namespace, "-f", file}
		stdout, stderr, err := s.cluster.Kubectl(ctx, "", args...)
		printed := stderr + stdout
		if err := c.judge(printed, err); err != nil {
			return nil, fmt.Errorf("%s: %w; kubectl printed:\n%s", c.name, err, printed)
		}
		said[c.name] = "$ kubectl " + strings.Join(args, " ") + "\n" + printed
	}
	return said, nil
}

// judge holds what kubectl printed against the kind of answer, not its words.
func (c cause) judge(printed string, err error) error {
	switch {
	case c.denied != "" && err == nil:
		return errors.New("pullgate did not deny it")
	case c.denied != "":
		return nil // For its reason, see checkReason.
	case err != nil:
		return fmt.Errorf("pullgate should only have warned: %w", err)
	case !strings.Contains(printed, "Warning: ") || !strings.Contains(printed, c.image):
		return errors.New("there is no warning about the image")
	}
	return nil
}

// checkReason looks for the reason that a denial gives to programs. kubectl does
// not print it.
func (s *setup) checkReason(ctx context.Context, c cause) error {
	if c.denied == "" {
		return nil
	}
	var pod corev1.Pod
	if err := yaml.Unmarshal([]byte(c.manifest()), &pod); err != nil {
		return err
	}
	_, err := s.cluster.Client().CoreV1().Pods(namespace).Create(ctx, &pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return fmt.Errorf("pullgate did not deny it: %w", err)
	}
	if !slices.ContainsFunc(status.Status().Details.Causes, func(sc metav1.StatusCause) bool { return string(sc.Type) == c.denied }) {
		return fmt.Errorf("pullgate's reason is not %s: %w", c.denied, err)
	}
	return nil
}
