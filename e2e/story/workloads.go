package story

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The one cause of most denials here.
const (
	noTag  = `tag "v1.2.33" does not exist`
	meant  = `did you mean "v1.2.3"`
	noTool = openHost + "/pullgate/pullgate:v0"
)

// makeNamespaces makes those that are there before pullgate is.
func (s *story) makeNamespaces(ctx context.Context) error {
	for _, name := range []string{namespace, shop, dev, unguarded} {
		if err := s.must(ctx, "create", "namespace", name); err != nil {
			return err
		}
	}
	s.pulls.allow(dev)
	s.pulls.allow(unguarded)
	// The level that the chart says it keeps to.
	if err := s.must(ctx, "label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted"); err != nil {
		return err
	}
	for _, name := range []string{namespace, shop, dev, unguarded, "default"} {
		if err := s.cluster.NewServiceAccount(ctx, name, "default"); err != nil {
			return err
		}
	}
	return nil
}

// failedCreate waits until a controller tells of a denial, which has all the words.
func (s *story) failedCreate(ctx context.Context, kind string, words ...string) error {
	return eventually(ctx, func(ctx context.Context) error {
		events, err := s.kubectl(ctx, "", "get", "events", "-n", shop, "--field-selector", "reason=FailedCreate,involvedObject.kind="+kind,
			"-o", `jsonpath={range .items[*]}{.involvedObject.name}{"\t"}{.message}{"\n"}{end}`)
		if err != nil {
			return err
		}
		for line := range strings.Lines(events) {
			if containsAll(line, append(words, "pods.pullgate.dev")) {
				return nil
			}
		}
		return fmt.Errorf("no event FailedCreate of a %s mentions %q: %s", kind, words, events)
	})
}

// noPods is an error if there is a Pod of an app.
func (s *story) noPods(ctx context.Context, selector string) error {
	pods, err := s.kubectl(ctx, "", "get", "pods", "-n", shop, "-l", selector, "-o", "name")
	if err == nil && strings.Contains(pods, "pod/") {
		err = fmt.Errorf("there are Pods: %s", pods)
	}
	return err
}

// runs waits until a workload's Pods run.
func (s *story) runs(ctx context.Context, what string) error {
	return s.must(ctx, "rollout", "status", "-n", shop, what, "--timeout", patience.String())
}

func typo(ctx context.Context, s *story) error {
	printed, err := s.apply(ctx, shop, deployment("web", missing))
	if err := warned(printed, err, missing, noTag, meant); err != nil {
		return err
	}
	if err := s.failedCreate(ctx, "ReplicaSet", "web-", missing, noTag, meant); err != nil {
		return err
	}
	if err := s.noPods(ctx, "app=web"); err != nil {
		return err
	}
	if err := s.must(ctx, "set", "image", "-n", shop, "deployment/web", "app="+good); err != nil {
		return err
	}
	return s.runs(ctx, "deployment/web")
}

func private(ctx context.Context, s *story) error {
	if printed, err := s.apply(ctx, shop, deployment("private", secret, "regcred")); err != nil {
		return fmt.Errorf("%w: %s", err, printed)
	}
	if err := s.failedCreate(ctx, "ReplicaSet", "private-", secret, "regcred"); err != nil {
		return err
	}
	if err := s.noPods(ctx, "app=private"); err != nil {
		return err
	}
	err := s.must(ctx, "create", "secret", "docker-registry", "regcred", "-n", shop,
		"--docker-server="+privateHost, "--docker-username="+user, "--docker-password="+password)
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := s.runs(ctx, "deployment/private"); err != nil {
		return err
	}
	s.say("   the Pod runs %s after the Secret was there", time.Since(begun).Round(100*time.Millisecond))
	return nil
}

func warnOnly(ctx context.Context, s *story) error {
	if err := s.must(ctx, "label", "namespace", dev, "pullgate.dev/enforce=off"); err != nil {
		return err
	}
	// The label is known a moment later.
	err := eventually(ctx, func(ctx context.Context) error {
		printed, err := s.kubectl(ctx, "", "run", "try", "-n", dev, "--image", missing, "--dry-run=server")
		return warned(printed, err, missing, noTag)
	})
	if err != nil {
		return err
	}
	printed, err := s.kubectl(ctx, "", "run", "try", "-n", dev, "--image", missing)
	if err := warned(printed, err, missing, noTag); err != nil {
		return err
	}
	return s.must(ctx, "delete", "pod", "try", "-n", dev, "--now")
}

func debug(ctx context.Context, s *story) error {
	pod, err := s.kubectl(ctx, "", "get", "pods", "-n", shop, "-l", "app=web", "-o", "name")
	if err != nil {
		return err
	}
	pod = strings.TrimSpace(pod)
	printed, err := s.kubectl(ctx, "", "debug", "-n", shop, pod, "--image", missing, "--profile=general")
	if err := denied(printed, err, "pod-updates.pullgate.dev", missing, "spec.ephemeralContainers[0].image", noTag); err != nil {
		return err
	}
	if printed, err := s.kubectl(ctx, "", "debug", "-n", shop, pod, "--image", good, "--profile=general", "--container=debugger"); err != nil {
		return fmt.Errorf("%w: %s", err, printed)
	}
	return eventually(ctx, func(ctx context.Context) error {
		state, err := s.kubectl(ctx, "", "get", "-n", shop, pod, "-o", "jsonpath={.status.ephemeralContainerStatuses[*].state}")
		if err == nil && !strings.Contains(state, "running") {
			err = fmt.Errorf("the debugger does not run: %s", state)
		}
		return err
	})
}

func imageVolume(ctx context.Context, s *story) error {
	printed, err := s.apply(ctx, shop, podOf("volume", missing))
	if err := denied(printed, err, "pods.pullgate.dev", missing, "spec.volumes[0].image.reference", noTag); err != nil {
		return err
	}
	if printed, err := s.apply(ctx, shop, podOf("volume", good)); err != nil {
		return fmt.Errorf("%w: %s", err, printed)
	}
	return s.must(ctx, "wait", "-n", shop, "pod/volume", "--for=condition=Ready", "--timeout", patience.String())
}

func job(ctx context.Context, s *story) error {
	printed, err := s.apply(ctx, shop, jobOf("report", noTool))
	if err := warned(printed, err, noTool); err != nil {
		return err
	}
	if err := s.failedCreate(ctx, "Job", "report", noTool); err != nil {
		return err
	}
	if err := s.noPods(ctx, "job-name=report"); err != nil {
		return err
	}
	if err := s.must(ctx, "delete", "job", "report", "-n", shop); err != nil {
		return err
	}
	if printed, err := s.apply(ctx, shop, jobOf("report", tool)); err != nil {
		return fmt.Errorf("%w: %s", err, printed)
	}
	return s.must(ctx, "wait", "-n", shop, "job/report", "--for=condition=Complete", "--timeout", patience.String())
}

func cronJob(ctx context.Context, s *story) error {
	printed, err := s.apply(ctx, shop, cronJobOf("nightly", noTool))
	if err := warned(printed, err, noTool, "spec.jobTemplate.spec.template.spec.containers[0].image"); err != nil {
		return err
	}
	if err := s.must(ctx, "create", "job", "first", "-n", shop, "--from=cronjob/nightly"); err != nil {
		return err
	}
	if err := s.failedCreate(ctx, "Job", "first", noTool); err != nil {
		return err
	}
	printed, err = s.apply(ctx, shop, cronJobOf("nightly", tool))
	if err != nil || strings.Contains(printed, "Warning:") {
		return errors.Join(fmt.Errorf("the good CronJob is not let through in silence: %s", printed), err)
	}
	if err := s.must(ctx, "create", "job", "second", "-n", shop, "--from=cronjob/nightly"); err != nil {
		return err
	}
	if err := s.must(ctx, "wait", "-n", shop, "job/second", "--for=condition=Complete", "--timeout", patience.String()); err != nil {
		return err
	}
	return s.must(ctx, "delete", "cronjob,job", "--all", "-n", shop)
}

func daemonSet(ctx context.Context, s *story) error {
	printed, err := s.apply(ctx, shop, daemonSetOf("agent", missing))
	if err := warned(printed, err, missing, noTag); err != nil {
		return err
	}
	if err := s.failedCreate(ctx, "DaemonSet", "agent", missing, noTag); err != nil {
		return err
	}
	if err := s.noPods(ctx, "app=agent"); err != nil {
		return err
	}
	if err := s.must(ctx, "set", "image", "-n", shop, "daemonset/agent", "app="+good); err != nil {
		return err
	}
	return s.runs(ctx, "daemonset/agent")
}
