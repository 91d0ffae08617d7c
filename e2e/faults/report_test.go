package faults

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestMisses(t *testing.T) {
	good := Row{Pods: 1, P99: 4999, RSS: 127, deadline: UsersDeadline}
	tests := map[string]struct {
		change func(*Row)
		want   string
	}{
		"none":                  {func(*Row) {}, ""},
		"a wrong verdict":       {func(r *Row) { r.WrongVerdicts = 1 }, "1 wrong verdicts"},
		"a failed call":         {func(r *Row) { r.FailedCalls, r.apiServerCount = 1, 1 }, "1 failed calls"},
		"one that was lost":     {func(r *Row) { r.FailedCalls, r.apiServerCount, r.Unavoidable = 1, 1, 1 }, ""},
		"one not noticed":       {func(r *Row) { r.apiServerCount = 1 }, "the API server counts 1"},
		"a late answer":         {func(r *Row) { r.P99 = 5000 }, "p99 of 5000 ms"},
		"memory":                {func(r *Row) { r.RSS = 128 }, "128 MiB"},
		"goroutines":            {func(r *Row) { r.After.goroutines = 99 }, "goroutines went from 0 to 99"},
		"connections":           {func(r *Row) { r.After.connections = 99 }, "connections from 0 to 99"},
		"processes":             {func(r *Row) { r.After.processes = 2 }, "2 processes of plugins are left"},
		"a fault for nothing":   {func(r *Row) { r.blames = true }, "no Pod was told"},
		"a provider's fault":    {func(r *Row) { r.blames, r.Blamed, r.Unverified = true, 3, 3 }, ""},
		"somebody else's":       {func(r *Row) { r.blames, r.Blamed, r.Unverified = true, 3, 5 }, "2 Pods were not verified, for something else"},
		"nobody's":              {func(r *Row) { r.Blamed, r.Unverified = 1, 1 }, "a credential provider that is well"},
		"something seen":        {func(r *Row) { r.seen = []string{"run 3 times"} }, "run 3 times"},
		"mute connections":      {func(r *Row) { r.Mute = 1 }, "outlived"},
		"no recovery":           {func(r *Row) { r.notRecovered = "still down" }, "still down"},
		"a restart":             {func(r *Row) { r.NotSent, r.apiServerCount, r.apiServerAway = 9, -1, true }, ""},
		"no restart":            {func(r *Row) { r.NotSent = 9 }, "did not take 9"},
		"nobody":                {func(r *Row) { r.Pods = 0 }, "no Pod"},
		"something in the calm": {func(r *Row) { r.before = "before it: 1 wrong" }, "before it"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			row := good
			tc.change(&row)
			got := strings.Join(row.misses(), "; ")
			if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
				t.Errorf("misses %q, want %q", got, tc.want)
			}
		})
	}
}

// The names of the fields are a promise to whoever reads the file.
func TestJSON(t *testing.T) {
	content, err := json.Marshal(Report{Faults: []Row{{Name: "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"name", "pods", "failedCalls", "wrongVerdicts", "p50_ms", "p99_ms", "rssMiB", "goroutinesAfter"} {
		if !strings.Contains(string(content), `"`+field+`":`) {
			t.Errorf("no %s in %s", field, content)
		}
	}
	if !strings.HasPrefix(string(content), `{"faults":[{`) {
		t.Errorf("%s", content)
	}
}

func TestPercentile(t *testing.T) {
	counted := newTally()
	for n := range 100 {
		counted.add(specimen{}, "", verified, nil, nil, time.Duration(n)*time.Second)
	}
	counted.add(specimen{}, "", failed, nil, nil, time.Hour)
	if got := counted.percentile(99); got != 99*time.Second {
		t.Errorf("p99 = %s", got)
	}
	if got := counted.pods(); got != 101 {
		t.Errorf("%d Pods", got)
	}
}

func TestChoose(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range All() {
		if seen[f.Name] {
			t.Errorf("two faults are called %q", f.Name)
		}
		seen[f.Name] = true
	}
	short, err := Choose("", true)
	if err != nil || len(short) == 0 || len(short) == len(All()) {
		t.Errorf("%d short ones of %d, %v", len(short), len(All()), err)
	}
	if _, err := Choose("no such thing", false); err == nil || !strings.Contains(err.Error(), "rolling restart") {
		t.Errorf("err = %v, want one that names what there is", err)
	}
}

func TestSum(t *testing.T) {
	const metrics = "# HELP a\na{x=\"1\",y=\"2\"} 3\na{x=\"1\",y=\"3\"} 4\na{x=\"2\"} 100\ngo_goroutines 1.2e+01\n"
	if got, err := sum([]byte(metrics), "a{", `x="1"`); err != nil || got != 7 {
		t.Errorf("sum = %d, %v", got, err)
	}
	if got, err := sum([]byte(metrics), "go_goroutines "); err != nil || got != 12 {
		t.Errorf("sum = %d, %v", got, err)
	}
}
