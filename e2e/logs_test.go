package e2e

import (
	"encoding/json"
	"strings"
	"testing"
)

// logLine is what is looked at in a line of pullgate's log.
type logLine struct {
	Level     string
	Msg       string
	Namespace string
	User      string
	Outcome   string
	Image     string
	Fields    string
	Reason    string
	Message   string
	Detail    string
	Images    int
	Others    []struct{ Image, Reason string }
}

// linesOf are the log's lines about a namespace. All lines have to be JSON.
func (s *suite) linesOf(t *testing.T, namespace string) (lines []logLine) {
	t.Helper()
	for text := range strings.Lines(wholeLog(t, s.server)) {
		var line logLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Errorf("no JSON in the log: %v: %s", err, text)
		}
		if line.Namespace == namespace {
			lines = append(lines, line)
		}
	}
	return lines
}

// At the default level a Pod that is allowed leaves no line, and a denial or an
// answer that is not verified leaves one, with what it takes to mend it.
func testLogs(t *testing.T, s *suite) {
	ns := s.namespace(t, nil)
	push(t, s.open, "acme/logged", "v1")
	good, missing, down := openHost+"/acme/logged:v1", openHost+"/acme/logged:v9", downHost+"/acme/logged:v1"
	for range 5 {
		s.create(t, ns, pod(good)).created(t)
	}
	if lines := s.linesOf(t, ns); len(lines) > 0 {
		t.Fatalf("Pods that were allowed are logged: %+v", lines)
	}
	s.create(t, ns, pod(good, down)).warned(t, "not verified")
	lines := s.linesOf(t, ns)
	if len(lines) != 1 {
		t.Fatalf("%d lines for an answer that is not verified: %+v", len(lines), lines)
	}
	if l := lines[0]; l.Outcome != "warned" || l.Image != down || l.Reason != "Unreachable" || l.Detail == "" || l.Level != "INFO" || l.User == "" {
		t.Errorf("logged: %+v", l)
	}
	if o := s.create(t, ns, pod(down, missing, good)); o.denial == nil {
		t.Fatal("a Pod with a missing image is let through")
	}
	if lines = s.linesOf(t, ns); len(lines) != 2 {
		t.Fatalf("%d lines after a denial: %+v", len(lines), lines)
	}
	l := lines[1]
	if l.Msg != "denied" || l.Outcome != "denied" || l.Image != missing || l.Reason != "ImageNotFound" || l.Fields != "spec.containers[1].image" || l.Images != 2 {
		t.Errorf("logged: %+v", l)
	}
	if len(l.Others) != 1 || l.Others[0].Image != down || l.Others[0].Reason != "Unreachable" {
		t.Errorf("others: %+v", l.Others)
	}
}
