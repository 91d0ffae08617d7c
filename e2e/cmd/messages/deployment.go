package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// deployment has the typo of the first cause. Its Pods are made by a controller,
// so no user is there to read a denial.
const (
	deployment     = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector:\n    matchLabels: {app: web}\n  template:\n    metadata:\n      labels: {app: web}\n    spec:\n      containers:\n      - name: app\n        image: " + openHost + "/acme/app:v1.2.33\n"
	deploymentFile = "web.yaml"
)

// deploymentToday is what the ReplicaSet and its Pod tell of a typo.
func (s *setup) deploymentToday(ctx context.Context) (string, error) {
	printed, err := s.applyDeployment(ctx)
	if err != nil {
		return "", err
	}
	var set, pod string
	err = eventually(ctx, failTimeout, func(ctx context.Context) (err error) {
		if set, err = s.describe(ctx, "replicaset", "-l", "app=web"); err != nil {
			return err
		}
		if pod, err = s.describe(ctx, "pod", "-l", "app=web"); err != nil {
			return err
		}
		if len(events(set, "SuccessfulCreate")) == 0 {
			return errors.New("the ReplicaSet has made no Pod")
		}
		return cause{node: backOff}.failed(pod)
	})
	if err != nil {
		return "", fmt.Errorf("the Deployment does not fail as expected: %w\n%s\n%s", err, set, pod)
	}
	return printed + "$ kubectl describe replicaset -n " + namespace + " -l app=web\n" +
		status(set) + "...\n" + table(events(set, "SuccessfulCreate")) +
		"$ kubectl describe pod -n " + namespace + " -l app=web\n...\n" +
		state(pod) + "...\n" + table(events(pod, podEvents()...)), nil
}

// deploymentWithPullgate is what the ReplicaSet tells of a denial.
func (s *setup) deploymentWithPullgate(ctx context.Context) (string, error) {
	printed, err := s.applyDeployment(ctx)
	if err != nil {
		return "", err
	}
	var set string
	err = eventually(ctx, failTimeout, func(ctx context.Context) (err error) {
		if set, err = s.describe(ctx, "replicaset", "-l", "app=web"); err != nil {
			return err
		}
		if len(events(set, "FailedCreate")) == 0 || between(set, "Conditions:", "Events:") == "" {
			return errors.New("the ReplicaSet tells of no denial")
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("the ReplicaSet's Pod is not denied as expected: %w\n%s", err, set)
	}
	return printed + "$ kubectl describe replicaset -n " + namespace + " -l app=web\n" + status(set) +
		between(set, "Conditions:", "Events:") + table(events(set, "FailedCreate")), nil
}

// applyDeployment returns the command and what it prints.
func (s *setup) applyDeployment(ctx context.Context) (string, error) {
	if err := os.WriteFile(filepath.Join(s.cluster.Dir(), deploymentFile), []byte(deployment), 0o600); err != nil {
		return "", err
	}
	args := []string{"apply", "-n", namespace, "-f", deploymentFile}
	stdout, stderr, err := s.cluster.Kubectl(ctx, "", args...)
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, stderr)
	}
	return "$ kubectl " + strings.Join(args, " ") + "\n" + stderr + stdout, nil
}

// status is the part of a ReplicaSet's description on how many Pods it has.
func status(described string) string {
	return "...\n" + between("\n"+described, "Replicas:", "Pod Template:")
}
