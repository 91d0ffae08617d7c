package story

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
)

// Options says what to run, and with what.
type Options struct {
	// Binaries are the programs of Programs.
	Binaries build.Paths
	// Helm is the path of helm.
	Helm string
	// Out is told of each step and its time.
	Out io.Writer
	// Only is the name of the one step to do after the installation; all if empty.
	Only string
	// FailAfter is the name of a step after which all fails, to see what is left
	// behind then.
	FailAfter string
}

// Programs are what has to be built beforehand.
func Programs() []string {
	return append(append(build.All(), build.KubeScheduler, build.ECRProvider), build.Node()...)
}

// step is one thing that users do, and what they meet.
type step struct {
	name string
	do   func(context.Context, *story) error
}

// first is the step that all others need.
const first = "install"

func steps() []step {
	return []step{
		{first, install},
		{"helm test", helmTest},
		{"Deployment with a typo", typo},
		{"private image", private},
		{"warn-only namespace", warnOnly},
		{"kubectl debug", debug},
		{"image volume", imageVolume},
		{"Job", job},
		{"CronJob", cronJob},
		{"DaemonSet", daemonSet},
		{"credential providers", credentialProviders},
		{"rolling upgrade", rollingUpgrade},
		{"drain", drain},
		{"certificates and configuration", rotate},
		{"certificate in a Secret", ownCertificate},
		{"down, failurePolicy Ignore", downIgnore},
		{"down, failurePolicy Fail", downFail},
		{"uninstall", uninstall},
		{"the typo without pullgate", typoWithout},
		{"reinstall", reinstall},
		{"the documents", documented},
	}
}

// Run sets everything up, does all steps and tears everything down.
func Run(ctx context.Context, o Options) error {
	if o.Only != "" && !slices.ContainsFunc(steps(), func(s step) bool { return s.name == o.Only }) {
		return fmt.Errorf("there is no step %q", o.Only)
	}
	begun := time.Now()
	s := &story{options: o}
	defer s.tearDown()
	if err := s.timed("set up", func() error { return s.setUp(ctx) }); err != nil {
		return err
	}
	done := 0
	for _, step := range steps() {
		if o.Only != "" && step.name != o.Only && step.name != first {
			continue
		}
		err := s.timed(step.name, func() error {
			if err := step.do(ctx, s); err != nil {
				return err
			}
			return s.pulls.failed()
		})
		if err != nil {
			s.say("%s", s.evidence(ctx)) // before the error, which has to be the last that is printed
			return err
		}
		done++
		if step.name == o.FailAfter {
			return fmt.Errorf("failed after %q, as told to", step.name)
		}
	}
	s.say("%d steps passed in %s", done, time.Since(begun).Round(time.Second))
	return nil
}

// timed does something, and says how long it took.
func (s *story) timed(name string, do func() error) error {
	s.say("== %s", name)
	begun := time.Now()
	err := do()
	took := time.Since(begun).Round(100 * time.Millisecond)
	if err != nil {
		s.say("== %s: FAILED after %s", name, took)
		return fmt.Errorf("%s: %w", name, err)
	}
	s.say("   ok, %s", took)
	return nil
}

func (s *story) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.options.Out, format+"\n", args...)
}

// evidence is what explains a failure.
func (s *story) evidence(ctx context.Context) string {
	// What was interrupted has nothing to explain, and no cluster any more.
	if ctx.Err() != nil {
		return ""
	}
	pods, _ := s.kubectl(ctx, "", "get", "pods", "-A", "-o", "wide")
	events, _ := s.kubectl(ctx, "", "get", "events", "-A", "--sort-by=.lastTimestamp")
	if lines := 8 << 10; len(events) > lines {
		events = events[len(events)-lines:]
	}
	return fmt.Sprintf("%s\n%s\npullgate's log:\n%s", pods, events, s.node.PodLogs(namespace))
}
