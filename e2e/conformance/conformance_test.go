package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pullgate/pullgate/e2e/oracle"
	"github.com/pullgate/pullgate/e2e/scripted"
)

func TestCases(t *testing.T) {
	all := Cases()
	if len(all) < 132 {
		t.Errorf("%d cases, and the document has 132", len(all))
	}
	for i, c := range all {
		if want := fmt.Sprintf("C%02d", i+1); c.ID != want {
			t.Fatalf("case %d is %s, want %s", i, c.ID, want)
		}
		if c.Setup == "" || len(c.Tries) == 0 {
			t.Errorf("%s: no setup, or nothing to try", c.ID)
		}
		names := map[string]bool{}
		for _, try := range c.Tries {
			if names[try.Name] {
				t.Errorf("%s: two tries are called %q", c.ID, try.Name)
			}
			names[try.Name] = true
			if try.Node == "" || len(try.Want) == 0 {
				t.Errorf("%s %s: nothing is expected", c.ID, try.Name)
			}
			if try.Gap && !slices.Contains([]string{"C122", "C132"}, c.ID) {
				t.Errorf("%s %s: no such gap is known", c.ID, try.Name)
			}
		}
	}
}

// both is an outcome of which both kinds of node make the same.
func both(node NodeOutcome, a Answer) Outcome { return Outcome{Node: node, Local: node, Answer: a} }

func first(a Answer, o Outcome) Outcome {
	o.First = a
	return o
}

func TestScore(t *testing.T) {
	try := func(node NodeOutcome, want ...Answer) Try { return Try{Node: node, Want: want} }
	differ := func(a Answer) Outcome { return Outcome{Node: ErrPull, Local: Pulled, Answer: a} }
	kinds := Try{Node: ErrPull, Local: Pulled, Want: answers(Warn)}
	twice := Try{Node: ErrPull, First: answers(Warn, Deny), Want: answers(Deny)}
	for name, tc := range map[string]struct {
		try  Try
		o    Outcome
		want Score
		says string
	}{
		"allowed and pulled":                              {try(Pulled, Allow), both(Pulled, Allow), Score{Agree: true}, ""},
		"denied and not pulled":                           {try(ErrPull, Deny), both(ErrPull, Deny), Score{Agree: true}, ""},
		"unverified, as it may":                           {try(ErrPull, Warn), both(ErrPull, Warn), Score{Agree: true, Unverified: true}, ""},
		"unverified, must not be":                         {try(Pulled, Allow), both(Pulled, Warn), Score{Unverified: true}, "WARN, and the document allows [ALLOW]"},
		"false denial":                                    {try(Pulled, Allow), both(Pulled, Deny), Score{FalseDenial: true}, "FALSE DENIAL"},
		"false denial, even where the document allows it": {try(Pulled, Deny), both(Pulled, Deny), Score{FalseDenial: true}, "FALSE DENIAL"},
		"denied where nothing is pulled":                  {try(NoPull, Allow), both(NoPull, Deny), Score{FalseDenial: true}, "FALSE DENIAL"},
		"false admit":                                     {try(ErrPull, Deny), both(ErrPull, Allow), Score{FalseAdmit: true}, "FALSE ADMIT"},
		"false admit, by Secret":                          {try(SecretError, Deny), both(SecretError, Allow), Score{FalseAdmit: true}, "FALSE ADMIT"},
		"a known gap":                                     {Try{Node: ErrPull, Want: answers(Allow), Gap: true}, both(ErrPull, Allow), Score{Agree: true, Gap: true}, ""},
		"another node":                                    {try(Pulled, Allow), both(ErrPull, Deny), Score{OtherNode: true}, "THE NODE IS NOT AS DOCUMENTED: ErrImagePull, and the document says pulled"},
		"kinds differ":                                    {kinds, differ(Warn), Score{Agree: true, Unverified: true}, ""},
		"kinds differ, and denied":                        {kinds, differ(Deny), Score{FalseDenial: true}, "FALSE DENIAL"},
		"kinds differ, and let by":                        {kinds, differ(Allow), Score{FalseAdmit: true}, "FALSE ADMIT"},
		"the kinds should not differ":                     {try(ErrPull, Warn), differ(Warn), Score{OtherNode: true, Agree: true, Unverified: true}, "THE NODE IS NOT AS DOCUMENTED: ErrImagePull, but pulled by local pull, and the document says ErrImagePull"},
		"as reported":                                     {try(Reported, Allow), both(Reported, Deny), Score{FalseDenial: true}, "FALSE DENIAL"},
		"pulled by some, denied":                          {try(SomePull, Warn), both(SomePull, Deny), Score{FalseDenial: true}, "FALSE DENIAL"},
		"pulled by some, let by":                          {try(SomePull, Warn), both(SomePull, Allow), Score{FalseAdmit: true}, "FALSE ADMIT"},
		"at first, too":                                   {twice, first(Allow, both(ErrPull, Deny)), Score{}, "ALLOW at first, and the document allows [WARN DENY]"},
		"in the end":                                      {twice, first(Warn, both(ErrPull, Deny)), Score{Agree: true}, ""},
		"not measured":                                    {try(Pulled, Allow), Outcome{Err: errors.New("no luck")}, Score{}, "not measured: no luck"},
	} {
		t.Run(name, func(t *testing.T) {
			got := score(tc.try, tc.o)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("score (-want +got):\n%s", diff)
			}
			if says := complaint(tc.try, tc.o, got); says != tc.says {
				t.Errorf("complaint = %q, want %q", says, tc.says)
			}
		})
	}
}

func TestNodeOutcome(t *testing.T) {
	for want, r := range map[NodeOutcome]oracle.Result{
		Pulled:      {Pulled: true},
		ErrPull:     {Reason: "ErrImagePull"},
		NeverPull:   {Reason: "ErrImageNeverPull"},
		SecretError: {Reason: "illegal base64 data at input byte 0"},
	} {
		if got := nodeOutcome(r); got != want {
			t.Errorf("nodeOutcome(%+v) = %q, want %q", r, got, want)
		}
	}
}

func TestMerge(t *testing.T) {
	for want, cells := range map[string][]cell{
		"DENY":                   {{"a", "DENY"}, {"b", "DENY"}},
		"DENY (a, c); ALLOW (b)": {{"a", "DENY"}, {"b", "ALLOW"}, {"c", "DENY"}},
		"pulled":                 {{"", "pulled"}},
	} {
		if got := merge(cells); got != want {
			t.Errorf("merge(%v) = %q, want %q", cells, got, want)
		}
	}
}

func report() Report {
	measured := func(node NodeOutcome, a Answer, t Try) Measured {
		m := Measured{Try: t, Outcome: both(node, a)}
		m.Score = score(t, m.Outcome)
		return m
	}
	return NewReport([]MeasuredCase{
		{Case: Case{ID: "C01", Setup: "a | b"}, Measured: []Measured{measured(Pulled, Allow, Try{Node: Pulled, Want: answers(Allow)})}},
		{Case: Case{ID: "C02", Note: "seen otherwise"}, Measured: []Measured{
			measured(Pulled, Deny, Try{Name: "one", Node: Pulled, Want: answers(Allow)}),
			measured(ErrPull, Warn, Try{Name: "two", Node: ErrPull, Want: answers(Warn)}),
		}},
		{Case: Case{ID: "C03"}, Measured: []Measured{measured(ErrPull, Allow, Try{Node: ErrPull, Want: answers(Allow), Gap: true})}},
	}, &RandomReport{Counters: Counters{Cases: 10, Agree: 10}, Seed: 7, Distinct: 9})
}

func TestReport(t *testing.T) {
	r := report()
	if diff := cmp.Diff(Counters{Cases: 3, Agree: 2, FalseDenials: 1, Unverified: 1}, r.Counters); diff != "" || r.Gaps != 1 {
		t.Errorf("%d gaps (-want +got):\n%s", r.Gaps, diff)
	}
	if r.Good() {
		t.Error("good, with a false denial")
	}
	document := r.markdown(Versions{Kubernetes: "v1.2.3", Containerd: "4.5.6", Platform: "linux/amd64"})
	for _, want := range []string{
		"Kubernetes v1.2.3", "containerd 4.5.6", "| the cases | 3 | 2 | 1 | 0 | 1 |", "| random runs | 10 | 10 | 0 | 0 | 0 |",
		`| C01 | a \| b | pulled | ALLOW | yes |`, "**C02: one: FALSE DENIAL**", "* C02: seen otherwise.", "| C03 |  | ErrImagePull | ALLOW | known gap |",
		"10 runs with 9 distinct registries, seed 7",
	} {
		if !strings.Contains(document, want) {
			t.Errorf("no %q in:\n%s", want, document)
		}
	}
	if again := report().markdown(Versions{Kubernetes: "v1.2.3", Containerd: "4.5.6", Platform: "linux/amd64"}); again != document {
		t.Error("the document changes though nothing has")
	}
}

func TestDraw(t *testing.T) {
	distinct := map[string]bool{}
	for i := range 500 {
		r := Draw(1, i)
		if again := Draw(1, i).String(); again != r.String() {
			t.Fatalf("run %d is drawn as %s and as %s", i, r, again)
		}
		parsed, err := ParseRandom(r.String())
		if err != nil || parsed.String() != r.String() {
			t.Errorf("%s is read as %s: %v", r, parsed, err)
		}
		distinct[r.String()] = true
	}
	if len(distinct) < 400 {
		t.Errorf("only %d of 500 runs are distinct", len(distinct))
	}
}

func TestReductions(t *testing.T) {
	r := Random{Behaviour: scripted.Behaviour{Head: scripted.Statuses{503, 200}}, Secrets: []string{"good"}}
	var got []string
	for _, smaller := range reductions(r) {
		got = append(got, smaller.String())
	}
	want := []string{
		`{"secrets":["good"]}`, `{"behaviour":{"head":[503,200]}}`, `{"secrets":["good"]}`,
		`{"behaviour":{"head":[200]},"secrets":["good"]}`, `{"behaviour":{"head":[503]},"secrets":["good"]}`, `{"behaviour":{"head":[503,200]}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
