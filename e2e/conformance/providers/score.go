package providers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Score is what an outcome is worth.
type Score struct {
	// FalseDenial: definite for pullgate, and pulled by the node.
	FalseDenial bool
	// FalseAdmit: pullable for pullgate, and not pulled by the node, unless that is on
	// purpose.
	FalseAdmit bool
	// OtherNode: the kubelet does not do what the table says.
	OtherNode bool
	// Agree: all is as the table says, on both sides.
	Agree bool
	// Compared is how many look-ups, verdicts and configurations were compared.
	Compared int
}

// judge holds a try against what the table says, and the two sides against each other.
func (m *Measured) judge(c Case) {
	j := &judgement{Case: c, m: m}
	switch {
	case m.Err != nil:
		j.wrong("not measured: %v", m.Err)
	case m.Load != nil:
		j.load(*m.Load)
	default:
		j.steps()
	}
	m.Complaints = j.complaints
	m.Score.Agree = len(m.Complaints) == 0
}

type judgement struct {
	Case
	m          *Measured
	complaints []string
}

func (j *judgement) wrong(format string, args ...any) {
	j.complaints = append(j.complaints, fmt.Sprintf(format, args...))
}

// node finds the kubelet to be as documented.
func (j *judgement) node(what, got, want string) {
	if got != want {
		j.m.Score.OtherNode = true
		j.wrong("THE KUBELET IS NOT AS DOCUMENTED: %s is %q, and the table says %q", what, got, want)
	}
}

func (j *judgement) ours(what, got, want string) {
	if got != want {
		j.wrong("pullgate: %s is %q, and the table says %q", what, got, want)
	}
}

// contains has each part be in some text.
func (j *judgement) contains(what string, texts, parts []string) {
	for _, part := range parts {
		if !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, part) }) {
			j.wrong("pullgate: %s %q, and the table says %q", what, texts, part)
		}
	}
}

func (j *judgement) load(l Load) {
	j.m.Score.Compared++
	node, ours := j.m.Node, j.m.Ours
	if !j.m.Skipped {
		if (node.Refused == "") != (l.Refused == "") || !strings.Contains(node.Refused, l.Refused) {
			j.node("its refusal", node.Refused, l.Refused)
		}
		if l.Refused == "" {
			j.node("the list of providers", node.Registered, l.Registered)
		}
		if (node.Refused == "") != (ours.Refused == "") && j.Differs == "" {
			j.wrong("the kubelet: %q; pullgate: %q", node.Refused, ours.Refused)
		}
	}
	if (ours.Refused == "") != (l.OurError == nil) {
		j.wrong("pullgate: refused %q, and the table says %q", ours.Refused, l.OurError)
	}
	j.contains("refused", []string{ours.Refused}, l.OurError)
	j.contains("warns", ours.Warnings, l.Warnings)
	if l.OurError == nil {
		j.ours("the list of providers", ours.Registered, l.Registered)
		if len(ours.Warnings) != len(l.Warnings) {
			j.wrong("pullgate: warns %q, and the table says %q", ours.Warnings, l.Warnings)
		}
	}
}

func (j *judgement) steps() {
	m := j.m
	if m.Ours.Refused != "" || m.Node.Refused != "" {
		j.wrong("refused: kubelet %q, pullgate %q", m.Node.Refused, m.Ours.Refused)
		return
	}
	j.contains("warns", m.Ours.Warnings, m.Warnings)
	if len(m.Ours.Warnings) != len(m.Warnings) {
		j.wrong("pullgate: warns %q, and the table says %q", m.Ours.Warnings, m.Warnings)
	}
	for n, s := range m.Steps {
		before := len(j.complaints)
		node, ours := Came{}, m.Ours.Steps[n]
		if !m.Skipped {
			node = m.Node.Steps[n]
			j.kubeletStep(s, node)
		}
		if !s.Preload && !s.NodeOnly {
			j.m.Score.Compared++
			j.pullgateStep(s, ours)
			j.between(s, node, ours)
		}
		for i := before; i < len(j.complaints); i++ {
			j.complaints[i] = fmt.Sprintf("step %d: %s", n+1, j.complaints[i])
		}
	}
}

func (j *judgement) kubeletStep(s Step, c Came) {
	if s.looks() {
		j.node("what it gets", c.Get, s.Get)
	} else if !s.Preload {
		j.node("the pull", string(c.Node), string(s.Node))
	}
	j.node("what it runs", c.Runs, s.Runs)
	if s.Tried != "" {
		j.node("what it tries", c.Tried, s.Tried)
	}
	if s.NodeAsked != 0 && s.NodeAsked != c.Asked {
		j.node("the number of its requests HEAD for manifests", fmt.Sprint(c.Asked), fmt.Sprint(s.NodeAsked))
	}
	if s.Saw != nil && !maps.Equal(c.Saw, s.Saw) {
		j.node("what plugins see", fmt.Sprint(c.Saw), fmt.Sprint(s.Saw))
	}
}

func (j *judgement) pullgateStep(s Step, c Came) {
	want := s.ours()
	if s.looks() {
		j.ours("what it gets", c.Get, want.Get)
	} else {
		j.ours("the reason", c.Verdict.Reason, s.Reason)
		j.contains("says", []string{c.Verdict.Message}, s.Says)
	}
	j.ours("what it runs", c.Runs, want.Runs)
	if want.Tried != "" {
		j.ours("what it tries", c.Tried, want.Tried)
	}
	if s.Saw != nil && !maps.Equal(c.Saw, s.Saw) {
		j.ours("what plugins see", fmt.Sprint(c.Saw), fmt.Sprint(s.Saw))
	}
	j.contains("fails", c.Fails, s.Fails)
	j.contains("withholds", c.Withheld, s.Withheld)
	if len(c.Fails) != len(s.Fails) || len(c.Withheld) != len(s.Withheld) {
		j.wrong("pullgate: fails %q and withholds %q, and the table says %q and %q", c.Fails, c.Withheld, s.Fails, s.Withheld)
	}
	if s.Early && c.Early > 0 {
		j.wrong("pullgate: %d runs of plugins had ended before the verdict", c.Early)
	}
	if s.Asked != 0 && s.Asked != c.Asked {
		j.wrong("pullgate: %d requests HEAD for manifests, and the table says %d", c.Asked, s.Asked)
	}
}

// between holds the two sides against each other, whatever the table says.
func (j *judgement) between(s Step, node, ours Came) {
	if j.m.Skipped {
		return
	}
	if s.Ours != nil && j.Differs == "" {
		j.wrong("the table has pullgate do something else, and does not say why")
	}
	if j.Differs == "" && s.looks() && (node.Get != ours.Get || node.Runs != ours.Runs) {
		j.wrong("the kubelet gets %q by %q, and pullgate %q by %q", node.Get, node.Runs, ours.Get, ours.Runs)
	}
	if asked := slices.Equal(node.Requests, ours.Requests); !asked && j.m.sameRequests() {
		j.wrong("the plugins read %q from the kubelet, and %q from pullgate", node.Requests, ours.Requests)
	}
	if s.looks() {
		return
	}
	j.m.Score.FalseDenial = j.m.Score.FalseDenial || ours.Verdict.Class == "definite" && node.Node == Pulled
	j.m.Score.FalseAdmit = j.m.Score.FalseAdmit || ours.Verdict.Class == "pullable" && node.Node != Pulled && j.Differs == ""
	if j.m.Score.FalseDenial {
		j.wrong("FALSE DENIAL: %s", ours.Verdict.Message)
	}
	if j.m.Score.FalseAdmit {
		j.wrong("FALSE ADMIT")
	}
}

// sameRequests tells that the plugins are asked the same by both sides: not where one
// of them does not run.
func (m *Measured) sameRequests() bool {
	for _, s := range m.Steps {
		if s.Ours != nil || s.Withheld != nil || s.NodeOnly {
			return false
		}
	}
	return true
}
