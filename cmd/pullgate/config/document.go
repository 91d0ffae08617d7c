package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// document reads the one YAML document that a file must be, nil if it is none.
func document(p *problems, data []byte) *yaml.Node {
	if line := unreadableLine(data); line > 0 {
		p.add(line, "", "is not UTF-8 text without control characters, its lines ended by LF or CRLF")
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF) || err == nil && isNull(doc.Content[0]):
		p.add(0, "", "is empty; it must have at least apiVersion: %s and kind: %s", APIVersion, Kind)
		return nil
	case err != nil:
		syntaxError(p, data, err)
		return nil
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		p.add(second.Line, "", "a second YAML document begins here; there must be one only")
	case !errors.Is(err, io.EOF):
		syntaxError(p, data, err)
	}
	return doc.Content[0]
}

// unreadableLine finds the first line with what YAML does not allow, 0 if there
// is none: the parser says that it is there, and not where. The line breaks that
// only the parser takes for such are refused too: from there on it would count
// other lines than an editor.
func unreadableLine(data []byte) int {
	line := 1
	for rest := data; len(rest) > 0; {
		r, width := utf8.DecodeRune(rest)
		switch {
		case r == '\n':
			line++
		case r == '\r' && !bytes.HasPrefix(rest, []byte("\r\n")),
			r == utf8.RuneError && width == 1,
			unicode.IsControl(r) && r != '\t' && r != '\r',
			r == '\u2028' || r == '\u2029':
			return line
		}
		rest = rest[width:]
	}
	return 0
}

// syntaxError reports what the parser says, with the start of what it did not
// find the end of.
func syntaxError(p *problems, data []byte, err error) {
	var at *yaml.LoadError
	if !errors.As(err, &at) {
		p.add(0, "", "is not valid YAML: %v", err)
		return
	}
	// The end of the file is on a line that no editor shows.
	line := min(at.Mark.Line, 1+bytes.Count(bytes.TrimRight(data, "\r\n"), []byte("\n")))
	context := at.ContextMsg
	if begins := at.ContextMark.Line; context != "" && 0 < begins && begins < line {
		context += fmt.Sprintf(" that begins on line %d", begins)
	}
	if context != "" {
		context += ": "
	}
	var hint string
	if strings.Contains(at.Message, "anchor") || strings.Contains(context, "alias") {
		hint = "; what begins with * must be in quotes" // as many a glob does
	}
	p.add(line, "", "is not valid YAML: %s%s%s", context, at.Message, hint)
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }
