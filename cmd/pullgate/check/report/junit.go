package report

import (
	"cmp"
	"encoding/xml"
	"io"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/words"
)

// The JUnit XML that CI systems read; there is no one schema for it.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Line    int           `xml:"line,attr,omitempty"`
		Failure *junitOutcome `xml:"failure"`
		Error   *junitOutcome `xml:"error"`
		Skipped *junitOutcome `xml:"skipped"`
		Output  string        `xml:"system-out,omitempty"`
	}
	junitOutcome struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
	}
)

// writeJUnit writes a test case for each field of each object, and one for each
// input error. What is unverified is skipped, and with strict an error.
func writeJUnit(w io.Writer, r Report, strict bool) error {
	suite := junitSuite{Name: "pullgate check"}
	for _, e := range r.Errors {
		suite.add(junitCase{
			Class: "input", Name: words.Printable(cmp.Or(Source{e.File, e.Line}.String(), "cluster")), File: e.File, Line: e.Line,
			Error: &junitOutcome{Type: "InputError", Message: words.Printable(e.Message)},
		})
	}
	for _, i := range r.Items {
		for _, c := range junitCases(i, strict) {
			suite.add(c)
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(junitSuites{Suites: []junitSuite{suite}}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitCases(i Item, strict bool) (cases []junitCase) {
	outcome := &junitOutcome{Type: string(i.Reason), Message: sentence(i)}
	// Without a field, the image alone names the case.
	fields := i.Fields
	if len(fields) == 0 {
		fields = []Field{{Path: "image"}}
	}
	for _, f := range fields {
		c := junitCase{
			Class: objectPath(i), Name: words.Printable(f.Path + " " + words.Cut(i.Image, maxImage)),
			File: i.source().File, Line: max(f.Line, i.source().Line),
		}
		if c.Class == "" {
			c.Class = "image"
		}
		switch {
		case i.Class == resolver.ClassDefinite:
			c.Failure = outcome
		case i.Class == resolver.ClassUnverified && strict:
			c.Error = outcome
		case i.Class == resolver.ClassUnverified, i.Class == ClassSkipped:
			c.Skipped = outcome
		case i.noted():
			c.Output = sentence(i)
		}
		cases = append(cases, c)
	}
	return cases
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}
