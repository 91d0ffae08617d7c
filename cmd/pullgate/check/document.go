package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v4"
	"sigs.k8s.io/yaml"

	"github.com/pullgate/pullgate/cmd/pullgate/check/report"
)

// document is one document of a file.
type document struct {
	file string
	// before is how many lines of the file stand before it.
	before int
	data   []byte
}

// split cuts a file into its documents. It is done by line, and not by a YAML
// decoder, so that one broken document does not take the others with it, and so
// that each knows where it stands.
func split(file string, data []byte) []document {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if docs, ok := splitJSON(file, data); ok {
		return docs
	}
	var (
		docs    []document
		start   int // of the current document, in bytes
		before  int // and in lines
		line    int
		content bool // it has more than comments and directives
	)
	for at := 0; at < len(data); line++ {
		end := len(data)
		if n := bytes.IndexByte(data[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		text := data[at:end]
		if separates(text) && content {
			docs = append(docs, document{file, before, data[start:at]})
			start, before, content = at, line, false
		}
		content = content || separates(text) || says(text)
		at = end
	}
	return append(docs, document{file, before, data[start:]})
}

// separates reports whether a line begins a document.
func separates(line []byte) bool {
	rest, found := bytes.CutPrefix(line, []byte("---"))
	return found && (len(rest) == 0 || bytes.ContainsAny(rest[:1], " \t\r\n"))
}

// says reports whether a line is more than a comment or a %YAML directive.
func says(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) > 0 && line[0] != '#' && line[0] != '%'
}

// splitJSON cuts JSON values that follow one another. What is no JSON may still
// be YAML in braces.
func splitJSON(file string, data []byte) (docs []document, ok bool) {
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	for at := 0; ; {
		var value json.RawMessage
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			return docs, true
		}
		if err != nil {
			return nil, false
		}
		end := int(decoder.InputOffset())
		docs = append(docs, document{file, bytes.Count(data[:at], []byte("\n")), data[at:end]})
		at = end
	}
}

// parse parses a document. The node is nil where there is nothing but comments.
func (d document) parse() (*yamlv3.Node, error) {
	var root yamlv3.Node
	if err := yamlv3.Unmarshal(d.data, &root); err != nil {
		return nil, d.syntaxError(err)
	}
	if len(root.Content) == 0 || root.Content[0].Tag == "!!null" {
		return nil, nil //nolint:nilnil // nothing is no error
	}
	if odd := oddKey(&root); odd != nil {
		return nil, d.errorAt(odd, "broken YAML: a key is no text; was a template not rendered?")
	}
	return root.Content[0], nil
}

// unexpected is how a parser begins to say that something has another shape than
// it began with.
const unexpected = "did not find expected "

// syntaxError gives a parser's error the line in the file: the first one where the
// parser names none.
func (d document) syntaxError(err error) report.InputError {
	message, line := cutLine(err)
	if strings.HasPrefix(message, unexpected) {
		// This parser names the line where the thing began; the older one names the
		// line above the one where it goes wrong.
		if _, other := yaml.YAMLToJSON(d.data); other != nil {
			message, line = cutLine(other)
			line = min(line+1, bytes.Count(d.data, []byte("\n")))
		}
	}
	return report.InputError{File: d.file, Line: max(d.before+line, d.first()), Message: "broken YAML: " + message}
}

// cutLine cuts the line out of a parser's error, 0 if there is none.
func cutLine(err error) (message string, line int) {
	message = strings.TrimPrefix(err.Error(), "yaml: ")
	rest, found := strings.CutPrefix(message, "line ")
	number, said, _ := strings.Cut(rest, ": ")
	if line, err := strconv.Atoi(number); found && err == nil {
		return said, line
	}
	return message, 0
}

// first is the first line that says something.
func (d document) first() int {
	n := d.before + 1
	for line := range bytes.Lines(d.data) {
		if says(line) && !separates(line) {
			return n
		}
		n++
	}
	return d.before + 1
}

// oddKey finds a key that is no text, nil if there is none. JSON has no such
// keys, and `x: {{ .Value }}` is one.
func oddKey(node *yamlv3.Node) *yamlv3.Node {
	for i, c := range node.Content {
		if node.Kind == yamlv3.MappingNode && i%2 == 0 && c.Kind != yamlv3.ScalarNode && c.Kind != yamlv3.AliasNode {
			return c
		}
		if odd := oddKey(c); odd != nil {
			return odd
		}
	}
	return nil
}

// errorAt is an error about a node of the document.
func (d document) errorAt(node *yamlv3.Node, message string) report.InputError {
	return report.InputError{File: d.file, Line: d.line(node), Message: message}
}

// line is where a node stands in the file; 0 if there is no file to look at.
func (d document) line(node *yamlv3.Node) int {
	if node == nil {
		return 0
	}
	return d.before + node.Line
}
