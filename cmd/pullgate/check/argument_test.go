package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file or a folder where an image is expected was meant for a flag; nobody is
// to be asked for an image of that name.
func TestPathIsNoImage(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, folder := range []string{"acme/app", ".docker"} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	writeFiles(t, dir, map[string]string{"login.json": "{}", "nginx": "{}", "acme/deploy.yaml": "{}"})
	for argument, what := range map[string]string{
		"login.json":                    "file",
		"./nginx":                       "file",
		"acme/deploy.yaml":              "file",
		filepath.Join(dir, "nginx"):     "file",
		".docker":                       "folder",
		"acme/":                         "folder",
		"nginx":                         "",
		"acme/app":                      "",
		testHost + "/app:v1":            "",
		filepath.Join(dir, "not-there"): "", // the resolver says what is wrong with it
	} {
		err := refusePath(argument)
		if what == "" {
			if err != nil {
				t.Errorf("%s: %v", argument, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "is a "+what) || !strings.Contains(err.Error(), "--docker-config="+argument+",") {
			t.Errorf("%s: %v, want it to be a %s", argument, err, what)
		}
	}
	r := run(t, "", "--docker-config", "login.json", testHost+"/app:v1")
	if r.code != exitInput || !strings.Contains(r.err.Error(), `"login.json" is a file`) || r.stdout != "" {
		t.Errorf("%d, %v, %q", r.code, r.err, r.stdout)
	}
}
