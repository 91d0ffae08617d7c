package conformance

import (
	"fmt"
	"slices"
)

// Outcome is what both sides made of a try.
type Outcome struct {
	Node NodeOutcome
	// Local is what a node makes of it that pulls by local pull.
	Local NodeOutcome
	// NodeMessage, LocalMessage and Message are each side's own words.
	NodeMessage, LocalMessage string
	// First is the first of several answers, empty where there is one.
	First   Answer
	Answer  Answer
	Message string
	// Err is what kept the try from being made; then there is nothing to score.
	Err error
}

// Score is an Outcome held against the document.
type Score struct {
	// FalseDenial: denied by pullgate, pulled by a node of either kind.
	FalseDenial bool
	// FalseAdmit: neither denied nor warned about, and not pulled by a node of
	// either kind, for a reason that pullgate looks at.
	FalseAdmit bool
	// Unverified: warned about.
	Unverified bool
	// Gap: let through, though a node fails for a reason that pullgate is known
	// not to look at.
	Gap bool
	// OtherNode: the node here does not do what the document says.
	OtherNode bool
	// Agree: an answer that the document allows, and neither false denial nor
	// false admit.
	Agree bool
}

// score holds an outcome against what a try expects.
func score(t Try, o Outcome) Score {
	if o.Err != nil {
		return Score{}
	}
	s := compare(o)
	s.OtherNode = o.Node != t.Node || o.Local != t.local()
	if t.Gap && s.FalseAdmit {
		s.FalseAdmit, s.Gap = false, true
	}
	s.Agree = slices.Contains(t.Want, o.Answer) && firstIsAllowed(t, o) && !s.FalseDenial && !s.FalseAdmit
	return s
}

func firstIsAllowed(t Try, o Outcome) bool {
	return t.First == nil || slices.Contains(t.First, o.First)
}

// compare needs no document. Where the kinds of node differ, neither a denial nor
// an answer without a word is right.
func compare(o Outcome) Score {
	s := Score{Unverified: o.Answer == Warn}
	for _, node := range []NodeOutcome{o.Node, o.Local} {
		runs := node == Pulled || node == NoPull || node == Reported
		s.FalseDenial = s.FalseDenial || o.Answer == Deny && (runs || node == SomePull)
		s.FalseAdmit = s.FalseAdmit || o.Answer == Allow && !runs
	}
	s.Agree = !s.FalseDenial && !s.FalseAdmit
	return s
}

// complaint says what is wrong with an outcome, "" if nothing is.
func complaint(t Try, o Outcome, s Score) string {
	switch {
	case o.Err != nil:
		return "not measured: " + o.Err.Error()
	case s.OtherNode:
		return fmt.Sprintf("THE NODE IS NOT AS DOCUMENTED: %s, and the document says %s", words(o.Node, o.Local), words(t.Node, t.local()))
	case s.FalseDenial:
		return "FALSE DENIAL"
	case s.FalseAdmit:
		return "FALSE ADMIT"
	case !firstIsAllowed(t, o):
		return fmt.Sprintf("%s at first, and the document allows %v", o.First, t.First)
	case !s.Agree:
		return fmt.Sprintf("%s, and the document allows %v", o.Answer, t.Want)
	default:
		return ""
	}
}

// words are the outcomes of both kinds of node.
func words(node, local NodeOutcome) string {
	if local == node {
		return string(node)
	}
	return fmt.Sprintf("%s, but %s by local pull", node, local)
}
