//go:build unix

package provider

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestEnvironment: what a plugin is given (P22).
func TestEnvironment(t *testing.T) {
	for name, value := range map[string]string{
		"GOMEMLIMIT": "123MiB", "GOMAXPROCS": "1", "GODEBUG": "madvdontneed=1", "GOMEMLIMITED": "kept",
		"AWS_ROLE_ARN": "arn", "HTTPS_PROXY": "http://proxy.example.com", "BOTH": "pullgate's", "EMPTY": "",
	} {
		t.Setenv(name, value)
	}
	for name, tc := range map[string]struct {
		env  []string // of the configuration
		want map[string][]string
	}{
		"pullgate's": {nil, map[string][]string{
			"GOMEMLIMIT": nil, "GOMAXPROCS": nil, "GODEBUG": nil, "GOMEMLIMITED": {"kept"},
			"AWS_ROLE_ARN": {"arn"}, "HTTPS_PROXY": {"http://proxy.example.com"}, "BOTH": {"pullgate's"}, "EMPTY": {""},
		}},
		"the configuration's": {[]string{"BOTH=first", "BOTH=last", "LITERAL=$HOME", "GODEBUG=asyncpreemptoff=1"}, map[string][]string{
			"GOMEMLIMIT": nil, "GODEBUG": {"asyncpreemptoff=1"}, "BOTH": {"last"}, "LITERAL": {"$HOME"}, "AWS_ROLE_ARN": {"arn"},
		}},
	} {
		r := given(t, tc.env)
		got := map[string][]string{}
		for _, entry := range r.Env {
			name, value, _ := strings.Cut(entry, "=")
			got[name] = append(got[name], value)
		}
		for variable, want := range tc.want {
			if !slices.Equal(got[variable], want) {
				t.Errorf("%s, %s: %q, want %q", name, variable, got[variable], want)
			}
		}
		if dir, _ := os.Getwd(); r.Dir != dir {
			t.Errorf("in %s, want %s", r.Dir, dir)
		}
		if want := []string{"get-credentials", "$HOME", "$(AWS_ROLE_ARN)", "a b"}; !slices.Equal(r.Args, want) || r.Stdin != "a line\n" {
			t.Errorf("%q, %q, want %q and what was written", r.Args, r.Stdin, want)
		}
	}
}

// given is what a plugin finds that is run with this environment.
func given(t *testing.T, env []string) report {
	t.Helper()
	s := script{ReadStdin: true, Stdout: perfect}
	p := start(t, &s)
	c := scriptedCommand(t, s)
	c.Args, c.Stdin = []string{"get-credentials", "$HOME", "$(AWS_ROLE_ARN)", "a b"}, []byte("a line\n")
	c.Env = append(c.Env, env...)
	if _, err := (processes{}).Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return p.wait(t, p.report)
}
