package story

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/documents"
)

// walk does what the documents say, to the letter: in a folder with the repository's
// deploy/ and a user's manifests, with kubectl, helm and pullgate on the path.
type walk struct {
	*story
	root  string
	shown map[string]documents.Command // by their text
}

// passage is a command of the documents.
type passage struct {
	text string
	// notRun says why it is not run. The other fields are for those that are.
	notRun string
	// exit is the exit code, and says what has to be among what is printed.
	exit int
	says []string
	// then is what has to be so afterwards.
	then func(context.Context, *walk) error
}

// documented walks through all commands of the documents but those of docs/check.md,
// which another test runs.
func documented(ctx context.Context, s *story) error {
	w, err := newWalk(ctx, s)
	if err != nil {
		return err
	}
	if err := w.complete(passages()); err != nil {
		return err
	}
	// For those who look for what runs and could not be started anew.
	if err := s.must(ctx, "label", "namespace", unguarded, "pullgate.dev/enforce=off", "--overwrite"); err != nil {
		return err
	}
	if _, err := s.apply(ctx, unguarded, deployment("web", missing)); err != nil {
		return err
	}
	run := 0
	for _, p := range passages() {
		if p.notRun != "" {
			continue
		}
		if err := w.take(ctx, p); err != nil {
			return fmt.Errorf("%s: %s: %w", w.shown[p.text].At, p.text, err)
		}
		run++
	}
	s.say("   %d commands of the documents were run", run)
	return nil
}

func newWalk(ctx context.Context, s *story) (*walk, error) {
	root, err := build.Root(ctx)
	if err != nil {
		return nil, err
	}
	w := &walk{story: s, root: root, shown: map[string]documents.Command{}}
	files, err := documents.Files(root)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if file == filepath.Join("docs", "check.md") || file == filepath.Join("docs", "messages.md") {
			continue // another test's; and made from what was run
		}
		commands, err := documents.Read(root, file)
		if err != nil {
			return nil, err
		}
		for _, c := range commands {
			if _, known := w.shown[c.Text]; !known {
				w.shown[c.Text] = c
			}
		}
	}
	return w, w.furnish()
}

// furnish puts into the user's folder what the commands speak of.
func (w *walk) furnish() error {
	// A copy: who installs by the manifest writes an image's name into it.
	if err := os.CopyFS(filepath.Join(w.home, "deploy"), os.DirFS(filepath.Join(w.root, "deploy"))); err != nil {
		return err
	}
	manifest := filepath.Join(w.home, "deploy", "install.yaml")
	content, err := os.ReadFile(manifest)
	if err != nil {
		return err
	}
	const theirs = "ghcr.io/pullgate/pullgate:dev"
	if !bytes.Contains(content, []byte(theirs)) {
		return fmt.Errorf("%s does not have the image %s", manifest, theirs)
	}
	files := map[string][]byte{
		manifest: bytes.ReplaceAll(content, []byte(theirs), []byte(platformImage+":v1")),
		filepath.Join(w.home, "manifests", "team", "web.yaml"): []byte(deployment("web", missing)),
		filepath.Join(w.home, "FILE"):                          []byte("apiVersion: pullgate.dev/v1alpha1\nkind: Configuration\n"),
		filepath.Join(w.home, "config.json"):                   fmt.Appendf(nil, `{"auths":{%q:{"username":%q,"password":%q}}}`, privateHost, user, password),
	}
	for name, content := range files {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o750), os.WriteFile(name, content, 0o600)); err != nil {
			return err
		}
	}
	return nil
}

// complete is an error unless the passages are what the documents show.
func (w *walk) complete(passages []passage) error {
	var errs []error
	known := map[string]bool{}
	for _, p := range passages {
		known[p.text] = true
		if _, shown := w.shown[p.text]; !shown {
			errs = append(errs, fmt.Errorf("no document shows %q any more", p.text))
		}
	}
	for text, c := range w.shown {
		if !known[text] {
			errs = append(errs, fmt.Errorf("%s: %q is not tried here: do so, or say why not", c.At, text))
		}
	}
	return errors.Join(errs...)
}

// take runs a command, as a shell does.
func (w *walk) take(ctx context.Context, p passage) error {
	printed, code, err := w.sh(ctx, p.text)
	if err != nil {
		return err
	}
	if code != p.exit {
		return fmt.Errorf("it ends with %d, want %d: %s", code, p.exit, printed)
	}
	if !containsAll(printed, p.says) {
		return fmt.Errorf("it does not print %q: %s", p.says, printed)
	}
	if want := w.shown[p.text].Printed; want != "" && strings.Join(strings.Fields(printed), " ") != strings.Join(strings.Fields(want), " ") {
		return fmt.Errorf("it prints %s, and the document shows %s", printed, want)
	}
	if p.then == nil {
		return nil
	}
	return p.then(ctx, w)
}
