package build

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestEditFailsLoudly(t *testing.T) {
	e := edit{file: "time/time.go", old: "a", new: "b"}
	if got, err := e.apply("xay"); err != nil || got != "xby" {
		t.Errorf("apply = %q, %v", got, err)
	}
	for _, source := range []string{"", "aa"} {
		if _, err := e.apply(source); err == nil || !strings.Contains(err.Error(), "time/time.go") {
			t.Errorf("apply(%q): err = %v, want one about the file", source, err)
		}
	}
}

// The Go that runs this test is the one whose sources would be edited.
func TestOverlay(t *testing.T) {
	m, err := findModule(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(m.bin(), 0o700); err != nil {
		t.Fatal(err)
	}
	path, err := m.overlay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(content, &overlay); err != nil {
		t.Fatal(err)
	}
	if len(overlay.Replace) != 4 {
		t.Errorf("%d files, want 4", len(overlay.Replace))
	}
	// It has to be Go, and the whole of it costs minutes to compile.
	for _, file := range overlay.Replace {
		if out, err := exec.CommandContext(t.Context(), filepath.Join(strings.TrimSpace(goroot(t)), "bin", "gofmt"), "-e", "-l", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
	}
}

func goroot(t *testing.T) string {
	t.Helper()
	out, err := goCommand(t.Context(), ".", "env", "GOROOT")
	if err != nil {
		t.Fatal(err)
	}
	return out
}
