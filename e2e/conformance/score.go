package conformance

import (
	"fmt"
	"slices"
)

// Outcome is what both sides made of a try.
type Outcome struct {
	Node NodeOutcome
	// NodeMessage and Message are each side's own words.
	NodeMessage string
	Answer      Answer
	Message     string
	// Err is what kept the try from being made; then there is nothing to score.
	Err error
}

// Score is an Outcome held against the document.
type Score struct {
	// FalseDenial: denied by pullgate, pulled by the node.
	FalseDenial bool
	// FalseAdmit: neither denied nor warned about, and not pulled by the node,
	// for a reason that pullgate looks at.
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
	s := compare(o.Node, o.Answer)
	s.OtherNode = o.Node != t.Node
	if t.Gap && s.FalseAdmit {
		s.FalseAdmit, s.Gap = false, true
	}
	s.Agree = slices.Contains(t.Want, o.Answer) && !s.FalseDenial && !s.FalseAdmit
	return s
}

// compare needs no document.
func compare(node NodeOutcome, answer Answer) Score {
	s := Score{
		FalseDenial: answer == Deny && (node == Pulled || node == NoPull),
		FalseAdmit:  answer == Allow && node != Pulled && node != NoPull,
		Unverified:  answer == Warn,
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
		return fmt.Sprintf("THE NODE IS NOT AS DOCUMENTED: %s, and the document says %s", o.Node, t.Node)
	case s.FalseDenial:
		return "FALSE DENIAL"
	case s.FalseAdmit:
		return "FALSE ADMIT"
	case !s.Agree:
		return fmt.Sprintf("%s, and the document allows %v", o.Answer, t.Want)
	default:
		return ""
	}
}
