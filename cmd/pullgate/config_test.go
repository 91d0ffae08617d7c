package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/cmd/pullgate/config"
)

const header = "apiVersion: pullgate.dev/v1alpha1\nkind: Configuration\n"

func configFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfigPrint(t *testing.T) {
	defaults, err := run(t, "config", "print")
	if err != nil {
		t.Fatal(err)
	}
	want, err := config.Default().YAML()
	if err != nil {
		t.Fatal(err)
	}
	if defaults != string(want) {
		t.Errorf("without a file it printed\n%s\nwant\n%s", defaults, want)
	}

	changed, err := run(t, "config", "print", "--config", configFile(t, header+"defaults: {warn: off}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(defaults, "  warn: strict\n", "  warn: off\n", 1); changed != want {
		t.Errorf("printed\n%s\nwant\n%s", changed, want)
	}
	again, err := run(t, "config", "print", "--config", configFile(t, changed))
	if err != nil || again != changed {
		t.Errorf("%v: what was printed is printed as\n%s\nwant\n%s", err, again, changed)
	}
}

func TestConfigPrintRefuses(t *testing.T) {
	file := configFile(t, header+"cache: {tag: soon}\n")
	out, err := run(t, "config", "print", "--config", file)
	if want := file + ":3: cache.tag: must be a duration"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
	if out != "" {
		t.Errorf("and yet it printed %s", out)
	}
	if _, err := run(t, "config", "print", "more"); err == nil {
		t.Error("no error for an argument")
	}
	if _, err := run(t, "config", "pirnt"); err == nil {
		t.Error("no error for an unknown command")
	}
}
