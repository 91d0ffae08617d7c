package story

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

func install(ctx context.Context, s *story) error {
	notes, err := s.release(ctx, "install")
	if err != nil {
		return err
	}
	if !strings.Contains(notes, "kubectl run try") {
		return fmt.Errorf("the notes do not say how to try it: %s", notes)
	}
	running, err := s.kubectl(ctx, "", "get", "pods", "-n", namespace, "-o",
		`jsonpath={range .items[*]}{.status.phase} {.spec.priorityClassName}{"\n"}{end}`)
	if want := strings.Repeat("Running system-cluster-critical\n", 2); err == nil && running != want {
		err = fmt.Errorf("the Pods are %q, want %q", running, want)
	}
	return err
}

func helmTest(ctx context.Context, s *story) error {
	if _, err := s.helm(ctx, "test", "pullgate", "--timeout", patience.String()); err != nil {
		return err
	}
	// The test has rights of its own, which must not outlast it.
	left, err := s.kubectl(ctx, "", "get", "role,rolebinding,serviceaccount,pod", "-A", "-o", "name")
	if err == nil && strings.Contains(left, "pullgate-test") {
		err = fmt.Errorf("the test has left something: %s", left)
	}
	return err
}

func (s *story) caBundle(ctx context.Context) (string, error) {
	return s.kubectl(ctx, "", "get", "validatingwebhookconfiguration", "pullgate", "-o", "jsonpath={.webhooks[*].clientConfig.caBundle}")
}

func rollingUpgrade(ctx context.Context, s *story) error {
	before, err := s.caBundle(ctx)
	if err != nil {
		return err
	}
	err = s.during(ctx, func(ctx context.Context) error {
		if _, err := s.release(ctx, "upgrade", "--set", "podAnnotations.round=second"); err != nil {
			return err
		}
		return s.replaced(ctx)
	})
	if err != nil {
		return err
	}
	after, err := s.caBundle(ctx)
	if err == nil && (after != before || after == "") {
		err = errors.New("the upgrade has changed the caBundle")
	}
	return err
}

// replaced waits until the old Pods are gone, which still answer while they end.
func (s *story) replaced(ctx context.Context) error {
	return eventually(ctx, func(ctx context.Context) error {
		pods, err := s.kubectl(ctx, "", "get", "pods", "-n", namespace, "-o", "name")
		if err == nil && strings.Count(pods, "pod/") != 2 {
			err = fmt.Errorf("there are not two Pods: %s", pods)
		}
		return err
	})
}

// drain takes the only node out of use: of two replicas one can go, and finds no
// other place. The other has to stay, and to answer.
func drain(ctx context.Context, s *story) error {
	err := s.during(ctx, func(ctx context.Context) error {
		printed, err := s.kubectl(ctx, "", "drain", s.node.Name(), "--pod-selector=app.kubernetes.io/name=pullgate", "--timeout=40s")
		if err == nil || !strings.Contains(printed, "disruption budget") {
			return fmt.Errorf("the drain was not held up by the PodDisruptionBudget: %s", printed)
		}
		return eventually(ctx, func(ctx context.Context) error {
			ready, err := s.kubectl(ctx, "", "get", "deployment", "pullgate", "-n", namespace, "-o", "jsonpath={.status.readyReplicas}")
			if err == nil && ready != "1" {
				err = fmt.Errorf("%s replicas are ready, want 1", ready)
			}
			return err
		})
	})
	if err != nil {
		return err
	}
	if err := s.must(ctx, "uncordon", s.node.Name()); err != nil {
		return err
	}
	return s.ready(ctx)
}

func (s *story) ready(ctx context.Context) error {
	return s.must(ctx, "rollout", "status", "-n", namespace, "deployment/pullgate", "--timeout", patience.String())
}

// rotate takes away the CA, and changes the configuration by an upgrade: both are
// noticed about a minute later, so they are waited for together.
func rotate(ctx context.Context, s *story) error {
	before, err := s.caBundle(ctx)
	if err != nil {
		return err
	}
	return s.during(ctx, func(ctx context.Context) error {
		if err := s.must(ctx, "patch", "secret", "pullgate-certs", "-n", namespace, "--type=json", `--patch=[{"op":"remove","path":"/data"}]`); err != nil {
			return err
		}
		if _, err := s.release(ctx, "upgrade", "--set", "podAnnotations.round=second", "--set", "config.exemptions.namespaces={"+unguarded+"}"); err != nil {
			return err
		}
		begun := time.Now()
		err := eventually(ctx, func(ctx context.Context) error {
			now, err := s.caBundle(ctx)
			if err == nil && (now == before || now == "") {
				err = errors.New("the caBundle is still the old one")
			}
			return err
		})
		if err != nil {
			return err
		}
		s.say("   a new CA is trusted after %s", time.Since(begun).Round(time.Second))
		// All replicas have to have heard of it.
		for range 20 {
			err := eventually(ctx, func(ctx context.Context) error { return s.ask(ctx, unguarded, missing, false) })
			if err != nil {
				return fmt.Errorf("the changed configuration is not in force: %w", err)
			}
		}
		s.say("   the changed configuration is in force after %s", time.Since(begun).Round(time.Second))
		return nil
	})
}
