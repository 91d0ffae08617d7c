package webhook

import (
	"slices"

	"github.com/pullgate/pullgate/resolver"
)

// decision is what each mode does about the findings, the worst first.
type decision struct {
	denied  []Finding
	warned  []Finding // nothing that is denied: the denial has said it
	audited []Finding
}

// decide holds findings against levels.
func decide(levels Levels, findings []Finding) decision {
	var d decision
	for _, class := range []resolver.Class{resolver.ClassDefinite, resolver.ClassUnverified, resolver.ClassPullable} {
		for _, f := range findings {
			if f.Class != class {
				continue
			}
			if class == resolver.ClassPullable {
				d.note(levels, f)
				continue
			}
			if levels.Enforce.covers(class) {
				d.denied = append(d.denied, f)
			} else if levels.Warn.covers(class) {
				d.warned = append(d.warned, f)
			}
			if levels.Audit.covers(class) {
				d.audited = append(d.audited, f)
			}
		}
	}
	return d
}

// note tells what is worth knowing of an image that can be pulled, where what is
// unverified is told too. It never denies.
func (d *decision) note(levels Levels, f Finding) {
	if f.Message == "" {
		return
	}
	if levels.Warn == Strict {
		d.warned = append(d.warned, f)
	}
	if levels.Audit == Strict {
		d.audited = append(d.audited, f)
	}
}

// needsFresh reports whether what is said rests on what the user may just have
// mended: a Secret, a ServiceAccount.
func (d decision) needsFresh() bool {
	return len(d.denied) > 0 || slices.ContainsFunc(d.warned, func(f Finding) bool { return f.Class == resolver.ClassDefinite })
}

// about is the most that is done about a finding.
func (d decision) about(f Finding) Outcome {
	is := func(other Finding) bool { return other.Image == f.Image && slices.Equal(other.Fields, f.Fields) }
	switch {
	case slices.ContainsFunc(d.denied, is):
		return Denied
	case slices.ContainsFunc(d.warned, is):
		return Warned
	case slices.ContainsFunc(d.audited, is):
		return Audited
	default:
		return Allowed
	}
}
