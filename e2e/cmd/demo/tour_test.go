package main

import (
	"errors"
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	failed := errors.New("exit status 1")
	tests := map[string]struct {
		step    step
		printed string
		err     error
		want    string
	}{
		"let through":           {step{words: []string{"created"}}, "pod/web created", nil, ""},
		"denied as it should":   {step{fails: true, words: []string{"v2"}}, `tag "v2"`, failed, ""},
		"denied, unexpectedly":  {step{}, "", failed, "exit status 1"},
		"created, unexpectedly": {step{fails: true}, "pod/web created", nil, "let through"},
		"a word is missing":     {step{words: []string{"Warning"}}, "pod/web created", nil, `"Warning"`},
		"a word too many":       {step{not: "Warning"}, "Warning: x", nil, `"Warning"`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := tc.step.judge(tc.printed, tc.err)
			if (tc.want == "") != (got == "") || !strings.Contains(got, tc.want) {
				t.Errorf("judge = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestShellLine(t *testing.T) {
	got := shellLine([]string{"run", "web", "--image=a/b:v1", `--overrides={"spec":{}}`})
	want := `kubectl run web --image=a/b:v1 --overrides='{"spec":{}}'`
	if got != want {
		t.Errorf("shellLine = %s, want %s", got, want)
	}
}
