package providers

import (
	"errors"
	"strings"
	"testing"
)

// judged is what comes of a try by what each side came to.
func judged(c Case, t Try, node, ours Came) Measured {
	m := Measured{Try: t, Node: Outcome{Steps: []Came{node}}, Ours: Outcome{Steps: []Came{ours}}}
	m.judge(c)
	return m
}

// What is wrong is found to be, whoever is wrong.
func TestJudge(t *testing.T) {
	looking := Step{Images: []string{"r.io/a"}, Get: "u:p", Runs: "p1"}
	right := Came{Get: "u:p", Runs: "p1"}
	pull := Step{Images: []string{"r.io/a:v1"}, Pull: always, Node: Pulled, Reason: "Pullable"}
	definite := Came{Verdict: Verdict{Class: "definite", Reason: "Unauthorized", Message: "it is refused"}}
	pullable := Came{Verdict: Verdict{Class: "pullable", Reason: "Pullable"}}
	on := Case{Differs: "on purpose"}
	otherwise := looking
	otherwise.Ours = &Ours{Get: "u:p"}
	said, early, tried, saw, asked := pull, pull, looking, looking, pull
	said.Says, early.Early, tried.Tried, saw.Saw, asked.Asked = []string{"why"}, true, "u", map[string]string{"A": "1"}, 2
	failed := looking
	failed.Fails = []string{"p1: it ends"}
	for name, tc := range map[string]struct {
		c          Case
		step       Step
		node, ours Came
		want       string // a part of a complaint, "" for none
		score      Score
	}{
		"right":               {Case{}, looking, right, right, "", Score{Agree: true}},
		"the kubelet, other":  {Case{}, looking, Came{Get: "x:y", Runs: "p1"}, right, "THE KUBELET IS NOT AS DOCUMENTED: what it gets", Score{OtherNode: true}},
		"the kubelet, runs":   {Case{}, looking, Came{Get: "u:p"}, right, "what it runs", Score{OtherNode: true}},
		"pullgate, other":     {Case{}, looking, right, Came{Get: "x:y", Runs: "p1"}, `pullgate: what it gets is "x:y"`, Score{}},
		"pullgate, runs":      {Case{}, looking, right, Came{Get: "u:p", Runs: "p1*2"}, `pullgate: what it runs is "p1*2"`, Score{}},
		"pullgate, failed":    {Case{}, failed, right, right, "fails", Score{}},
		"pullgate, fails":     {Case{}, looking, right, Came{Get: "u:p", Runs: "p1", Fails: []string{"p1: x"}}, "fails", Score{}},
		"on purpose":          {on, otherwise, right, Came{Get: "u:p"}, "", Score{Agree: true}},
		"nobody says why":     {Case{}, otherwise, right, Came{Get: "u:p"}, "does not say why", Score{}},
		"not even on purpose": {on, otherwise, right, right, `what it runs is "p1"`, Score{}},
		"false denial":        {Case{}, pull, Came{Node: Pulled}, definite, "FALSE DENIAL", Score{FalseDenial: true}},
		"false admit":         {Case{}, pull, Came{Node: ErrPull}, pullable, "FALSE ADMIT", Score{FalseAdmit: true, OtherNode: true}},
		"words":               {Case{}, said, Came{Node: Pulled}, pullable, `says [""], and the table says "why"`, Score{}},
		"not early":           {Case{}, early, Came{Node: Pulled}, Came{Verdict: pullable.Verdict, Early: 1}, "had ended before", Score{}},
		"tried":               {Case{}, tried, Came{Get: "u:p", Runs: "p1", Tried: "u"}, right, "what it tries", Score{}},
		"asked":               {Case{}, asked, Came{Node: Pulled}, pullable, "0 requests HEAD for manifests", Score{}},
		"saw":                 {Case{}, saw, Came{Get: "u:p", Runs: "p1", Saw: map[string]string{"A": "1"}}, right, "what plugins see", Score{}},
		"requests":            {Case{}, looking, Came{Get: "u:p", Runs: "p1", Requests: []string{"a"}}, Came{Get: "u:p", Runs: "p1", Requests: []string{"b"}}, "the plugins read", Score{}},
	} {
		t.Run(name, func(t *testing.T) {
			m := judged(tc.c, Try{Steps: []Step{tc.step}}, tc.node, tc.ours)
			if all := strings.Join(m.Complaints, "\n"); tc.want == "" && all != "" || !strings.Contains(all, tc.want) {
				t.Errorf("it complains %q, want %q", all, tc.want)
			}
			if tc.score.Compared = 1; m.Score != tc.score {
				t.Errorf("%+v, want %+v", m.Score, tc.score)
			}
		})
	}
}

func TestJudgeLoad(t *testing.T) {
	both := Load{Refused: "no", OurError: []string{"field"}}
	for name, tc := range map[string]struct {
		c          Case
		load       Load
		node, ours Outcome
		want       string
	}{
		"both refuse":               {Case{}, both, Outcome{Refused: "no!"}, Outcome{Refused: "the field"}, ""},
		"the kubelet takes it":      {Case{}, both, Outcome{}, Outcome{Refused: "the field"}, "THE KUBELET IS NOT AS DOCUMENTED"},
		"pullgate takes it":         {Case{}, both, Outcome{Refused: "no"}, Outcome{}, "pullgate: refused"},
		"pullgate is vague":         {Case{}, both, Outcome{Refused: "no"}, Outcome{Refused: "something"}, `"field"`},
		"they differ":               {Case{}, Load{OurError: []string{"x"}}, Outcome{}, Outcome{Refused: "x"}, `the kubelet: ""; pullgate: "x"`},
		"they differ on purpose":    {Case{Differs: "y"}, Load{OurError: []string{"x"}}, Outcome{}, Outcome{Refused: "x"}, ""},
		"another order":             {Case{}, Load{Registered: "a b"}, Outcome{Registered: "a b"}, Outcome{Registered: "b a"}, "the list of providers"},
		"a warning that is none":    {Case{}, Load{Warnings: []string{"w"}}, Outcome{}, Outcome{}, "warns"},
		"a warning too many":        {Case{}, Load{}, Outcome{}, Outcome{Warnings: []string{"w"}}, "warns"},
		"the kubelet's other order": {Case{}, Load{Registered: "a b"}, Outcome{Registered: "b a"}, Outcome{Registered: "a b"}, "THE KUBELET"},
	} {
		t.Run(name, func(t *testing.T) {
			m := Measured{Try: Try{Load: &tc.load}, Node: tc.node, Ours: tc.ours}
			m.judge(tc.c)
			if all := strings.Join(m.Complaints, "\n"); tc.want == "" && all != "" || !strings.Contains(all, tc.want) {
				t.Errorf("it complains %q, want %q", all, tc.want)
			}
		})
	}
	m := Measured{Err: errors.New("x")}
	if m.judge(Case{}); m.Score.Agree || !strings.Contains(m.Complaints[0], "not measured: x") {
		t.Errorf("%+v", m)
	}
}

func TestReport(t *testing.T) {
	good := judged(Case{}, Try{Steps: []Step{{}}}, Came{}, Came{})
	denied := judged(Case{}, Try{Name: "try", Steps: []Step{{Pull: always, Node: Pulled, Reason: "X"}}}, Came{Node: Pulled}, Came{Verdict: Verdict{Class: "definite", Reason: "X"}})
	r := NewReport([]MeasuredCase{{Case{ID: "P01"}, []Measured{good}}, {Case{ID: "P02", Differs: "y"}, []Measured{good, denied}}})
	if got, want := r.Summary(), "2 provider cases: 1 agree, 1 of them different on purpose; 1 false denials, 0 false admits; 3 comparisons"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if r.Good() || len(r.Rows[1].Complaints) != 1 || !strings.HasPrefix(r.Rows[1].Complaints[0], "try: step 1: FALSE DENIAL") {
		t.Errorf("%+v", r)
	}
	if r := NewReport([]MeasuredCase{{Case{ID: "P01"}, []Measured{good}}}); !r.Good() {
		t.Errorf("%+v", r)
	}
	slow := good
	slow.Slow, slow.Skipped = true, true
	if r := NewReport([]MeasuredCase{{Case{ID: "P01"}, []Measured{slow}}}); len(r.Rows[0].Notes) != 1 {
		t.Errorf("nobody is told what was left out: %+v", r)
	}
}

// The table has every case, and each says what is needed to judge it.
func TestCases(t *testing.T) {
	all := Cases()
	if len(all) != 70 {
		t.Errorf("%d cases", len(all))
	}
	for n, c := range all {
		if want := "P" + string(rune('0'+(n+1)/10)) + string(rune('0'+(n+1)%10)); c.ID != want {
			t.Errorf("case %d is %s, want %s", n+1, c.ID, want)
		}
		if c.Setup == "" || c.Kubelet == "" || c.Pullgate == "" || len(c.Tries) == 0 {
			t.Errorf("%s does not say all", c.ID)
		}
		names := map[string]bool{}
		for _, try := range c.Tries {
			if names[try.Name] {
				t.Errorf("%s has two tries %q", c.ID, try.Name)
			}
			names[try.Name] = true
			if (try.Load == nil) == (len(try.Steps) == 0) || (try.Files == nil) == (len(try.Providers) == 0) {
				t.Errorf("%s %s is neither of a configuration nor of steps", c.ID, try.Name)
			}
			for i, s := range try.Steps {
				last := i == len(try.Steps)-1
				if !last && (s.Tried != "" || s.Saw != nil || s.Asked != 0 || s.NodeAsked != 0) || len(try.Steps) > 1 && s.Tried != "" {
					t.Errorf("%s %s, step %d: what the registry and the plugins saw is known at the end", c.ID, try.Name, i+1)
				}
				if s.Ours != nil && c.Differs == "" {
					t.Errorf("%s %s, step %d does not say why pullgate does something else", c.ID, try.Name, i+1)
				}
				if !s.looks() && !s.Preload && !s.NodeOnly && (s.Reason == "" || s.Node == "" && c.NoKubelet == "") {
					t.Errorf("%s %s, step %d has no outcome", c.ID, try.Name, i+1)
				}
			}
		}
	}
}
