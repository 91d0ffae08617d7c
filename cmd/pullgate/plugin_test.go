package main

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/cmd/pullgate/check"
)

// As kubectl runs it, and as kubectl asks it for completions.
func TestAsPlugin(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want []string
	}{
		"itself":     {[]string{"pullgate", "check", "-o", "js"}, nil},
		"plugin":     {[]string{"/usr/local/bin/kubectl-pullgate", "check", "--help"}, []string{"kubectl pullgate check [-f FILE]"}},
		"on Windows": {[]string{"kubectl-pullgate.exe", "check", "--help"}, []string{"kubectl pullgate check [-f FILE]"}},
		"completion": {[]string{"/bin/kubectl_complete-pullgate", "check", "-o", ""}, []string{"json\n", "junit\n", "sarif\n", "yaml\n", ":4\n"}},
		"a command":  {[]string{"/bin/kubectl_complete-pullgate", "che"}, []string{"check\t", ":4\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := newCommand()
			args := asPlugin(root, tc.args)
			if tc.want == nil {
				if !slices.Equal(args, tc.args[1:]) || root.Annotations != nil {
					t.Errorf("%q, %v", args, root.Annotations)
				}
				return
			}
			var out bytes.Buffer
			root.SetArgs(args)
			root.SetOut(&out)
			root.SetErr(&out)
			if err := root.ExecuteContext(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, want := range tc.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s", want, out.String())
				}
			}
		})
	}
}

func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out, err := run(t, "completion", shell); err != nil || !strings.Contains(out, "pullgate") {
			t.Errorf("%s: %v", shell, err)
		}
	}
}

func TestExitCode(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want int
	}{{errors.New("any"), 1}, {&check.ExitError{Code: 3, Err: errors.New("usage")}, 3}, {&check.ExitError{Code: 2}, 2}} {
		if got := exitCode(tc.err); got != tc.want {
			t.Errorf("%v: %d, want %d", tc.err, got, tc.want)
		}
	}
	if _, err := run(t, "check", "--nonsense"); exitCode(err) != 3 {
		t.Errorf("a usage error of check: %v", err)
	}
	if _, err := run(t, "check", "--config", "/does/not/exist", "r.example.com/a"); exitCode(err) != 3 {
		t.Errorf("a bad configuration: %v", err)
	}
}
