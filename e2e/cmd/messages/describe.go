package main

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// event is a line of describe's events.
type event struct{ kind, reason, from, message string }

// eventLine is one: Type, Reason, Age, From and Message, two spaces or more apart.
// The age is "3s" or "3s (x2 over 5s)".
var eventLine = regexp.MustCompile(`^  (Normal|Warning)\s{2,}(\S+)\s{2,}(?:<unknown>|\S+(?: \(x\d+ over \S+\))?)\s{2,}(\S+)\s{2,}(.*)$`)

// events finds those that are about something with one of the reasons, in an
// order and with a content that do not depend on how fast it went.
func events(described string, reasons ...string) (found []event) {
	for line := range strings.Lines(described) {
		m := eventLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil || !slices.Contains(reasons, m[2]) {
			continue
		}
		if e := (event{m[1], m[2], m[3], m[4]}); !slices.Contains(found, e) {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b event) int {
		return cmp.Or(
			cmp.Compare(a.rank(), b.rank()),
			cmp.Compare(slices.Index(reasons, a.reason), slices.Index(reasons, b.reason)),
			cmp.Compare(a.message, b.message),
		)
	})
	return found
}

// errorPrefix is before the bare reason of a failure, and after the container's
// name.
const errorPrefix = "Error: "

// rank orders events as they happen: the kubelet tells an error, then that it is
// one, then that it waits.
func (e event) rank() int {
	switch {
	case strings.HasSuffix(e.message, errorPrefix+backOff):
		return 3
	case e.reason == "BackOff":
		return 2
	case strings.Contains(e.message, errorPrefix):
		return 1
	default:
		return 0
	}
}

// podEvents are the reasons of events about pulling, in the order of their rise.
func podEvents() []string {
	return []string{"FailedToRetrieveImagePullSecret", "InspectFailed", "Pulling", "Failed", "BackOff"}
}

// table is the events without their ages.
func table(found []event) string {
	rows := append([]event{{"Type", "Reason", "From", "Message"}, {"----", "------", "----", "-------"}}, found...)
	var widths [3]int
	for _, r := range rows {
		for i, cell := range []string{r.kind, r.reason, r.from} {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b strings.Builder
	b.WriteString("Events:\n")
	for _, r := range rows {
		b.WriteString("  ")
		for i, cell := range []string{r.kind, r.reason, r.from} {
			b.WriteString(cell + strings.Repeat(" ", widths[i]-len(cell)+2))
		}
		b.WriteString(r.message + "\n")
	}
	return b.String()
}

// state is the part of a Pod's description on the state of its container.
func state(described string) string {
	_, rest, _ := strings.Cut(described, "\n    State:")
	rest, _, _ = strings.Cut(rest, "\n    Ready:")
	return "    State:" + rest + "\n"
}

// between is the part of a text from a line that starts with one thing up to the
// line that starts with another.
func between(text, from, to string) string {
	_, rest, found := strings.Cut(text, "\n"+from)
	if !found {
		return ""
	}
	rest, _, _ = strings.Cut(rest, "\n"+to)
	return from + rest + "\n"
}

// generated are the ends of the names of a ReplicaSet and its Pods.
var generated = regexp.MustCompile(`\bweb-[a-z0-9]{6,10}(-[a-z0-9]{5})?\b`)

// steady takes out what differs from run to run.
func steady(text string) string {
	return generated.ReplaceAllStringFunc(text, func(name string) string {
		if strings.Count(name, "-") == 2 {
			return "web-6d4cf56db6-x7k2p"
		}
		return "web-6d4cf56db6"
	})
}
