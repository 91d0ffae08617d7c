package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// stop is one stop of the tour.
type stop struct {
	title string
	// before happens unseen by the commands: a registry goes down.
	before func(context.Context) error
	// steps are the commands of a kubectl user.
	steps []step
}

// step is one command, and what is expected of it.
type step struct {
	args []string
	// fails: kubectl ends with an error.
	fails bool
	// words are in what kubectl prints, and not is in none of it.
	words []string
	not   string
	// soon: the step before takes a moment to have its effect.
	soon bool
}

func runPod(name, image, namespace string, more ...string) []string {
	return append([]string{"run", name, "--image=" + image, "-n", namespace}, more...)
}

func stops(s *setup) []stop {
	web := openHost + "/shop/web"
	billing := privateHost + "/shop/billing:v2.0.1"
	denied := "denied the request"
	return []stop{
		{title: "A good image is let through", steps: []step{
			{args: runPod("web", web+":v1.4.2", shop), words: []string{"pod/web created"}, not: "Warning"},
		}},
		{title: "A typo in the tag is rejected, before the Pod exists", steps: []step{
			{args: runPod("typo", web+":v1.4.20", shop), fails: true, words: []string{denied, `tag "v1.4.20" does not exist`}},
		}},
		{title: "A repository that does not exist is rejected", steps: []step{
			{args: runPod("webb", openHost+"/shop/webb:v1.4.2", shop), fails: true, words: []string{denied, "shop/webb"}},
		}},
		{title: "An update to a missing tag is rejected too, and the Pod stays as it is", steps: []step{
			{args: []string{"set", "image", "pod/web", "web=" + web + ":v1.5.0", "-n", shop}, fails: true, words: []string{denied, `tag "v1.5.0" does not exist`}},
			{args: []string{"label", "pod", "web", "team=checkout", "-n", shop}, words: []string{"pod/web labeled"}, not: "Warning"},
		}},
		{title: "A private image without a Secret is rejected", steps: []step{
			{args: runPod("billing", billing, shop), fails: true, words: []string{denied, "imagePullSecrets"}},
		}},
		{title: "The same image with a pull Secret is let through", steps: []step{
			{args: []string{
				"create", "secret", "docker-registry", "regcred", "--docker-server=" + privateHost,
				"--docker-username=" + user, "--docker-password=" + password, "-n", shop,
			}, words: []string{"secret/regcred created"}},
			{
				args:  runPod("billing", billing, shop, `--overrides={"spec":{"imagePullSecrets":[{"name":"regcred"}]}}`),
				words: []string{"pod/billing created"}, not: "Warning",
			},
		}},
		{title: "A warn-only namespace: one label, and a warning instead of the rejection", steps: []step{
			{args: []string{"label", "namespace", dev, "pullgate.dev/enforce=off"}, words: []string{"namespace/dev labeled"}},
			{
				args: runPod("typo", web+":v1.4.20", dev), soon: true,
				words: []string{"Warning: ", `"v1.4.20"`, "pod/typo created"},
			},
		}},
		{
			title: "A registry that is down stops nobody: the Pod is created, with a warning",
			before: func(context.Context) error {
				s.open.Stop()
				return nil
			},
			steps: []step{
				{args: runPod("cart", openHost+"/shop/cart:v3.0.0", shop), words: []string{"Warning: ", "not verified", "pod/cart created"}},
			},
		},
	}
}

// tour runs all stops and returns what was not as expected.
func tour(ctx context.Context, out *terminal, s *setup) (wrong []string) {
	for i, at := range stops(s) {
		if ctx.Err() != nil {
			return wrong
		}
		out.title(i+1, at.title)
		if at.before != nil {
			if err := at.before(ctx); err != nil {
				return append(wrong, fmt.Sprintf("%d. %s: %v", i+1, at.title, err))
			}
		}
		for _, st := range at.steps {
			if problem := st.run(ctx, out, s); problem != "" && ctx.Err() == nil {
				wrong = append(wrong, fmt.Sprintf("%d. %s: %s", i+1, at.title, problem))
			}
		}
	}
	out.printf("\n")
	return wrong
}

// run runs a command, shows it and tells what is not as expected.
func (st step) run(ctx context.Context, out *terminal, s *setup) (problem string) {
	if st.soon {
		st.wait(ctx, s)
	}
	out.command(shellLine(st.args))
	stdout, stderr, err := s.cluster.Kubectl(ctx, "", st.args...)
	printed := stderr + stdout
	out.output(printed)
	return st.judge(printed, err)
}

func (st step) judge(printed string, err error) string {
	switch {
	case err != nil && !st.fails:
		return err.Error()
	case err == nil && st.fails:
		return "it was let through"
	case st.not != "" && strings.Contains(printed, st.not):
		return fmt.Sprintf("kubectl printed %q", st.not)
	}
	for _, w := range st.words {
		if !strings.Contains(printed, w) {
			return fmt.Sprintf("kubectl did not print %q", w)
		}
	}
	return ""
}

// wait tries the command without effect until it does what is expected, or for
// so long that it never will.
func (st step) wait(ctx context.Context, s *setup) {
	for range 600 {
		_, _, err := s.cluster.Kubectl(ctx, "", append(st.args, "--dry-run=server")...)
		if (err != nil) == st.fails || ctx.Err() != nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// shellLine is the command as it is typed.
func shellLine(args []string) string {
	line := "kubectl"
	for _, a := range args {
		if name, value, ok := strings.Cut(a, "="); ok && strings.ContainsAny(a, ` {}[]"`) {
			a = name + "='" + value + "'"
		}
		line += " " + a
	}
	return line
}
