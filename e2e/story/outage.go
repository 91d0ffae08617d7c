package story

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// down ends all of pullgate's Pods.
func (s *story) down(ctx context.Context) error {
	if err := s.must(ctx, "scale", "-n", namespace, "deployment/pullgate", "--replicas=0"); err != nil {
		return err
	}
	return s.must(ctx, "wait", "-n", namespace, "pod", "-l", "app.kubernetes.io/name=pullgate", "--for=delete", "--timeout", patience.String())
}

// up has them come again.
func (s *story) up(ctx context.Context) error {
	if err := s.must(ctx, "scale", "-n", namespace, "deployment/pullgate", "--replicas=2"); err != nil {
		return err
	}
	if err := s.ready(ctx); err != nil {
		return err
	}
	return s.guards(ctx)
}

// guards waits until a bad Pod is denied.
func (s *story) guards(ctx context.Context) error {
	return eventually(ctx, func(ctx context.Context) error { return s.ask(ctx, shop, missing, true) })
}

// starts makes a Pod and waits until it runs.
func (s *story) starts(ctx context.Context, namespace, name string) error {
	if printed, err := s.apply(ctx, namespace, podOf(name, "")); err != nil {
		return fmt.Errorf("%w: %s", err, printed)
	}
	if err := s.must(ctx, "wait", "-n", namespace, "pod/"+name, "--for=condition=Ready", "--timeout", patience.String()); err != nil {
		return err
	}
	return s.must(ctx, "delete", "pod", name, "-n", namespace, "--now")
}

func downIgnore(ctx context.Context, s *story) error {
	if err := s.down(ctx); err != nil {
		return err
	}
	if err := s.ask(ctx, shop, missing, false); err != nil {
		return err
	}
	if err := s.starts(ctx, shop, "meanwhile"); err != nil {
		return err
	}
	return s.up(ctx)
}

// downFail shows that nothing waits for each other: neither the control plane's
// Pods nor pullgate's own need pullgate.
func downFail(ctx context.Context, s *story) error {
	if _, err := s.release(ctx, "upgrade", "--set", "webhook.failurePolicy=Fail"); err != nil {
		return err
	}
	if err := s.guards(ctx); err != nil {
		return err
	}
	if err := s.down(ctx); err != nil {
		return err
	}
	err := eventually(ctx, func(ctx context.Context) error {
		printed, err := s.apply(ctx, shop, podOf("refused", ""))
		if err == nil {
			return errors.Join(errors.New("a Pod is let through"), s.must(ctx, "delete", "pod", "refused", "-n", shop, "--now"))
		}
		if !strings.Contains(printed, "failed calling webhook") {
			return fmt.Errorf("it is refused for another reason: %s", printed)
		}
		return nil
	})
	if err != nil {
		return err
	}
	// What brings no image is none of pullgate's business, nor what is applied and
	// makes no Pod yet.
	if err := s.must(ctx, "label", "pod", "-n", shop, "-l", "app=web", "touched=yes"); err != nil {
		return err
	}
	if printed, err := s.apply(ctx, shop, deployment("later", good)); err != nil {
		return fmt.Errorf("%w: %s", err, printed)
	}
	if err := s.cluster.NewServiceAccount(ctx, "kube-system", "default"); err != nil {
		return err
	}
	if err := s.starts(ctx, "kube-system", "control-plane"); err != nil {
		return err
	}
	if err := s.up(ctx); err != nil {
		return err
	}
	// Refused until now; its controller tries again.
	return s.runs(ctx, "deployment/later")
}

func uninstall(ctx context.Context, s *story) error {
	if _, err := s.helm(ctx, "uninstall", "pullgate", "--wait", "--timeout", patience.String()); err != nil {
		return err
	}
	kinds, err := s.kubectl(ctx, "", "api-resources", "--verbs=list", "-o", "name")
	if err != nil {
		return err
	}
	everything := strings.Join(strings.Fields(kinds), ",")
	err = eventually(ctx, func(ctx context.Context) error {
		left, err := s.kubectl(ctx, "", "get", everything, "-A", "-l", "app.kubernetes.io/instance=pullgate", "-o", "name", "--ignore-not-found")
		if err != nil {
			return err
		}
		// What it wrote without labels would be in its namespace, or bear its name.
		own, err := s.kubectl(ctx, "", "get", "secrets,configmaps,leases,pods,roles,rolebindings,serviceaccounts", "-n", namespace, "-o", "name")
		if err != nil {
			return err
		}
		for line := range strings.Lines(left + own) {
			switch line = strings.TrimSpace(line); {
			case !strings.Contains(line, "/"), strings.HasPrefix(line, "Warning: "), line == "serviceaccount/default", line == "configmap/kube-root-ca.crt":
			default:
				return fmt.Errorf("left behind: %s", line)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.ask(ctx, shop, missing, false); err != nil {
		return err
	}
	return s.starts(ctx, shop, "afterwards")
}

// typoWithout is the control: what pullgate keeps from happening happens.
func typoWithout(ctx context.Context, s *story) error {
	if printed, err := s.apply(ctx, unguarded, deployment("web", missing)); err != nil || strings.Contains(printed, "Warning:") {
		return errors.Join(fmt.Errorf("it is not applied in silence: %s", printed), err)
	}
	err := eventually(ctx, func(ctx context.Context) error {
		reason, err := s.kubectl(ctx, "", "get", "pods", "-n", unguarded, "-l", "app=web", "-o", "jsonpath={.items[*].status.containerStatuses[*].state.waiting.reason}")
		if err == nil && reason != "ImagePullBackOff" {
			err = fmt.Errorf("the Pod waits for %q", reason)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.must(ctx, "delete", "deployment", "web", "-n", unguarded)
}

func reinstall(ctx context.Context, s *story) error {
	if _, err := s.release(ctx, "install"); err != nil {
		return err
	}
	if err := s.guards(ctx); err != nil {
		return err
	}
	return helmTest(ctx, s)
}
