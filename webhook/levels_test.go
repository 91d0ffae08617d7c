package webhook

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pullgate/pullgate/resolver"
)

func TestLevelsOf(t *testing.T) {
	defaults := DefaultConfig().Defaults
	for name, tc := range map[string]struct {
		labels   map[string]string
		want     Levels
		problems int
	}{
		"no labels":      {nil, defaults, 0},
		"warn-only":      {map[string]string{EnforceLabel: "off"}, Levels{Off, Strict, Strict}, 0},
		"all":            {map[string]string{EnforceLabel: "strict", WarnLabel: "off", AuditLabel: "definite"}, Levels{Strict, Off, Definite}, 0},
		"invalid value":  {map[string]string{EnforceLabel: "of"}, defaults, 1},
		"empty value":    {map[string]string{WarnLabel: ""}, defaults, 1},
		"two invalid":    {map[string]string{EnforceLabel: "Off", AuditLabel: "?"}, defaults, 2},
		"foreign labels": {map[string]string{"pullgate.dev/other": "x", "team": "a"}, defaults, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems := levelsOf("dev", tc.labels, defaults)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(problems) != tc.problems {
				t.Errorf("problems %q, want %d", problems, tc.problems)
			}
			for _, p := range problems {
				if !strings.Contains(p, `namespace "dev"`) || !strings.Contains(p, `"definite"`) {
					t.Errorf("problem %q does not say where, and what holds", p)
				}
			}
		})
	}
}

func TestCovers(t *testing.T) {
	for _, tc := range []struct {
		level                          Level
		pullable, definite, unverified bool
	}{
		{Off, false, false, false},
		{Definite, false, true, false},
		{Strict, false, true, true},
		{"nonsense", false, false, false},
	} {
		for class, want := range map[resolver.Class]bool{
			resolver.ClassPullable: tc.pullable, resolver.ClassDefinite: tc.definite, resolver.ClassUnverified: tc.unverified,
		} {
			if got := tc.level.covers(class); got != want {
				t.Errorf("%q covers %s: %t, want %t", tc.level, class, got, want)
			}
		}
	}
}
