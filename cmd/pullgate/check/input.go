package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/cli-runtime/pkg/resource"

	"github.com/pullgate/pullgate/cmd/pullgate/check/report"
)

// maxInput bounds one file: what holds images is small, and a file that was
// named by mistake must not fill the memory.
const maxInput = 64 << 20

// input reads what -f and - name. cli-runtime's builder would end at the first
// path that it cannot open, give up a file at its first broken document, and
// knows no lines; so it is used for -k only.
type input struct {
	stdin     io.Reader
	recursive bool
	// each gets the documents, and failed what could not be read.
	each   func(document)
	failed func(report.InputError)
}

// read reads one -f.
func (in input) read(ctx context.Context, path string) {
	switch {
	case path == "-":
		in.stream(report.Stdin, in.stdin)
	case strings.HasPrefix(path, "http://"), strings.HasPrefix(path, "https://"):
		in.url(ctx, path)
	default:
		in.path(path)
	}
}

// path reads a file, a folder, or what matches a pattern that no shell has
// expanded. As with kubectl, a file that has the pattern for a name comes first.
func (in input) path(path string) {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) || !strings.ContainsAny(path, "*?[") {
		in.fileOrFolder(path)
		return
	}
	matches, err := filepath.Glob(path)
	if err == nil && len(matches) == 0 {
		err = errors.New("no file matches the pattern")
	}
	if err != nil {
		in.fail(path, err)
	}
	for _, match := range matches {
		in.fileOrFolder(match)
	}
}

func (in input) fileOrFolder(path string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		in.fail(path, err)
	case info.IsDir():
		in.folder(path)
	default:
		in.file(path)
	}
}

// folder reads what in a folder is called a manifest. What in it cannot be read
// does not keep the rest from being checked.
func (in input) folder(root string) {
	found := false
	// With a separator behind it, so that a link to a folder is followed.
	err := filepath.WalkDir(root+string(filepath.Separator), func(path string, entry fs.DirEntry, err error) error {
		path = filepath.Clean(path)
		switch {
		case err != nil:
			in.fail(path, err)
			found = true
			return fs.SkipDir
		case entry.IsDir() && path != filepath.Clean(root) && !in.recursive:
			return fs.SkipDir
		case entry.IsDir() || !slices.Contains(resource.FileExtensions, filepath.Ext(path)):
			return nil
		}
		found = true
		in.file(path)
		return nil
	})
	if err != nil {
		in.fail(root, err)
	} else if !found {
		message := "holds no " + strings.Join(resource.FileExtensions, ", ") + " file"
		if !in.recursive {
			message += "; -R looks into its folders too"
		}
		in.fail(root, errors.New(message))
	}
}

func (in input) file(path string) {
	f, err := os.Open(path)
	if err != nil {
		in.fail(path, err)
		return
	}
	defer func() { _ = f.Close() }()
	in.stream(path, f)
}

func (in input) url(ctx context.Context, address string) {
	// A password in it is nobody else's business.
	shown := address
	if u, err := url.Parse(address); err == nil {
		shown = u.Redacted()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		in.fail(shown, errors.New("is no URL"))
		return
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		in.fail(shown, err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		in.fail(shown, fmt.Errorf("the server answers %s", resp.Status))
		return
	}
	in.stream(shown, resp.Body)
}

func (in input) stream(name string, r io.Reader) {
	data, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	switch {
	case err != nil:
		in.fail(name, err)
	case len(data) > maxInput:
		in.fail(name, fmt.Errorf("is larger than %d MiB", maxInput>>20))
	default:
		for _, d := range split(name, data) {
			in.each(d)
		}
	}
}

// fail reports an error without the path or the URL that the caller names.
func (in input) fail(name string, err error) {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	in.failed(report.InputError{File: name, Message: err.Error()})
}
