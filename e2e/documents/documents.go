// Package documents finds the commands that the documents show, so that a test can
// run each of them, or say why it does not.
package documents

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Command is a command as a document shows it.
type Command struct {
	// Text is without prompt and trailing comment, and on one line.
	Text string
	// Printed is what the document shows below it, if it does.
	Printed string
	// At is file and line, for messages.
	At string
	// Inline tells that it stands in running text.
	Inline bool
}

// Files lists README.md, CONTRIBUTING.md and the pages in docs/, from a repository's
// root and relative to it.
func Files(root string) ([]string, error) {
	files := []string{"README.md", "CONTRIBUTING.md"}
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".md" {
			path, err = filepath.Rel(root, path)
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find the documents: %w", err)
	}
	return files, nil
}

// Read finds the commands in a file of the repository.
func Read(root, file string) ([]Command, error) {
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		return nil, fmt.Errorf("read a document: %w", err)
	}
	return In(file, string(text)), nil
}

var (
	// comment is behind a command.
	comment = regexp.MustCompile(`\s+# .*$`)
	// inline is a command, or the name of one, in running text. It may go on in the
	// next line.
	inline = regexp.MustCompile("`((?:kubectl|helm|pullgate|docker)\\s[^`]+)`")
)

// In finds the commands in a page: each line of a block marked sh, each line with a
// prompt of one marked console, and what begins with a program's name in running
// text. A backslash at the end of a line joins it with the next.
func In(file, page string) (commands []Command) {
	block := ""
	var text []string // lines outside of blocks; those inside are empty
	lines := strings.Split(page, "\n")
	for n := 0; n < len(lines); n++ {
		line := lines[n]
		fence := strings.HasPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && block == "":
			block = "none"
			if language := strings.TrimPrefix(strings.TrimSpace(line), "```"); language != "" {
				block = language
			}
		case fence:
			block = ""
		case block == "":
			text = append(text, line)
			continue
		case block == "sh" && strings.TrimSpace(line) != "":
			begun := n
			for strings.HasSuffix(line, `\`) && n+1 < len(lines) {
				n++
				line = strings.TrimSuffix(line, `\`) + " " + lines[n]
				text = append(text, "")
			}
			commands = append(commands, Command{Text: oneLine(comment.ReplaceAllString(line, "")), At: at(file, begun)})
		case block == "console" && strings.HasPrefix(line, "$ "):
			commands = append(commands, Command{Text: oneLine(strings.TrimPrefix(line, "$ ")), At: at(file, n)})
		case block == "console" && len(commands) > 0:
			commands[len(commands)-1].Printed += line + "\n"
		}
		text = append(text, "")
	}
	page = strings.Join(text, "\n")
	for _, m := range inline.FindAllStringSubmatchIndex(page, -1) {
		commands = append(commands, Command{Text: oneLine(page[m[2]:m[3]]), At: at(file, strings.Count(page[:m[2]], "\n")), Inline: true})
	}
	return commands
}

func at(file string, line int) string { return fmt.Sprintf("%s:%d", file, line+1) }

// oneLine joins lines, and leaves one blank where there are several.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
