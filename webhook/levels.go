package webhook

import (
	"encoding/json"
	"fmt"

	"github.com/pullgate/pullgate/resolver"
)

// Level is how much a mode acts on.
type Level string

// The levels: nothing, definite verdicts, and unverified ones too.
const (
	Off      Level = "off"
	Definite Level = "definite"
	Strict   Level = "strict"
)

// UnmarshalJSON reads a level by its name. YAML 1.1 takes an unquoted off for
// false, and so does this.
func (l *Level) UnmarshalJSON(data []byte) error {
	if string(data) == "false" {
		*l = Off
		return nil
	}
	return json.Unmarshal(data, (*string)(l))
}

const levelNames = `"off", "definite", "strict"`

func (l Level) valid() bool { return l == Off || l == Definite || l == Strict }

// covers reports whether a mode at this level acts on a verdict of a class.
func (l Level) covers(c resolver.Class) bool {
	switch c {
	case resolver.ClassDefinite:
		return l == Definite || l == Strict
	case resolver.ClassUnverified:
		return l == Strict
	default:
		return false
	}
}

// Levels holds one level for each mode.
type Levels struct {
	// Enforce says for which verdicts a Pod is rejected. Workload objects never
	// are.
	Enforce Level `json:"enforce"`
	// Warn says for which verdicts the user sees a warning.
	Warn Level `json:"warn"`
	// Audit says for which verdicts the audit log gets an annotation.
	Audit Level `json:"audit"`
}

// Namespace labels that set a level.
const (
	EnforceLabel = "pullgate.dev/enforce"
	WarnLabel    = "pullgate.dev/warn"
	AuditLabel   = "pullgate.dev/audit"
)

// advisory is for what is never rejected: other webhooks may still change the
// Pods that are made of it, and the image may be on its way.
func (l Levels) advisory() Levels {
	l.Enforce = Off
	return l
}

func (l Levels) allOff() bool { return l == Levels{Enforce: Off, Warn: Off, Audit: Off} }

func (l Levels) String() string {
	return fmt.Sprintf("enforce=%s warn=%s audit=%s", l.Enforce, l.Warn, l.Audit)
}

// levelsOf reads a namespace's labels. An invalid value means the default, and
// is a problem to tell the user.
func levelsOf(namespace string, labels map[string]string, defaults Levels) (levels Levels, problems []string) {
	levels = defaults
	for _, mode := range []struct {
		label string
		level *Level
	}{
		{EnforceLabel, &levels.Enforce},
		{WarnLabel, &levels.Warn},
		{AuditLabel, &levels.Audit},
	} {
		value, set := labels[mode.label]
		if !set {
			continue
		}
		if !Level(value).valid() {
			problems = append(problems, fmt.Sprintf("namespace %q: label %s=%q is not one of %s; %q holds",
				namespace, mode.label, value, levelNames, *mode.level))
			continue
		}
		*mode.level = Level(value)
	}
	return levels, problems
}
