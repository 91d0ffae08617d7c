package check

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/resolver"
)

// writeFiles writes files by their paths in a folder.
func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A folder with everything in it that can be wrong with files.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"good.yaml":               podWith(testHost+"/app:v1", ""),
		"pods.json":               `{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"` + testHost + `/json:v1"}]}}`,
		"broken.yml":              "a: [\n",
		"notes.txt":               "not looked at",
		"deeper/missing.yaml":     podWith(testHost+"/deeper:v2", ""),
		"kustomization.yaml":      "resources: [good.yaml]\nimages: [{name: " + testHost + "/app, newTag: v2}]\n",
		"deeper/empty/readme.txt": "no manifest here",
	})
	if err := os.Symlink("nowhere", filepath.Join(dir, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	flat := run(t, "", "-f", dir, "-o", "json")
	if got := flat.reasons(t); len(got) != 2 || flat.code != 3 {
		t.Errorf("flat: %d, %v", flat.code, got)
	}
	for _, want := range []string{
		"error: " + dir + "/broken.yml:1: broken YAML: did not find expected node content\n",
		"error: " + dir + "/kustomization.yaml:1: is no Kubernetes object: it has no apiVersion and kind; -k takes the folder of a kustomization\n",
		"error: " + dir + "/link.yaml: no such file or directory\n",
	} {
		if !strings.Contains(flat.stderr, want) {
			t.Errorf("no %q in\n%s", want, flat.stderr)
		}
	}
	if got := run(t, "", "-R", "-f", dir, "-o", "json").reasons(t); got[testHost+"/deeper:v2"] != resolver.ImageNotFound {
		t.Errorf("recursive: %v", got)
	}
	if r := run(t, "", "-f", filepath.Join(dir, "deeper", "empty")); r.code != 3 || !strings.Contains(r.stderr, "holds no .json, .yaml, .yml file; -R looks") {
		t.Errorf("a folder without manifests: %d, %s", r.code, r.stderr)
	}
	kustomized := run(t, "", "-k", dir, "-o", "json")
	if got := kustomized.reasons(t); got[testHost+"/app:v2"] != resolver.ImageNotFound || kustomized.code != 1 {
		t.Errorf("kustomization: %d, %v, %s", kustomized.code, got, kustomized.stderr)
	}
	if r := run(t, "", "-k", filepath.Join(dir, "deeper")); r.code != 3 {
		t.Errorf("no kustomization: %d, %s", r.code, r.stderr)
	}
}

// A pattern that was quoted, so that the shell did not expand it.
func TestPattern(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"a.yaml":      podWith(testHost+"/a:v1", ""),
		"b.yaml":      podWith(testHost+"/b:v1", ""),
		"c.txt":       "not looked at",
		"[ab].json":   podWith(testHost+"/literal:v1", ""),
		"x/deep.yaml": podWith(testHost+"/deep:v1", ""),
	})
	// Its own name matches it, for ever.
	if err := os.Symlink("nowhere", filepath.Join(dir, "*.lost")); err != nil {
		t.Fatal(err)
	}
	for pattern, want := range map[string]string{
		"*.yaml":    "a b",
		"[ab].json": "literal", // there is a file of that name
		"x*":        "deep",    // a folder, as if it were named
	} {
		got := run(t, "", "-f", filepath.Join(dir, pattern), "-o", "json").reasons(t)
		for name := range strings.FieldsSeq(want) {
			if got[testHost+"/"+name+":v1"] != resolver.Pullable {
				t.Errorf("%s: no %s in %v", pattern, name, got)
			}
		}
		if len(got) != len(strings.Fields(want)) {
			t.Errorf("%s: %v, want %s", pattern, got, want)
		}
	}
	for pattern, want := range map[string]string{
		"*.yml":  "no file matches the pattern",
		"[":      "syntax error in pattern",
		"*.lost": "no such file or directory",
	} {
		path := filepath.Join(dir, pattern)
		if r := run(t, "", "-f", path); r.code != 3 || !strings.Contains(r.stderr, "error: "+path+": "+want+"\n") {
			t.Errorf("%s: %d, %q, want %q", pattern, r.code, r.stderr, want)
		}
	}
}

func TestURL(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/pod.yaml" {
			w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(podWith(testHost+"/app:v1", "")))
	}))
	defer server.Close()
	if r := run(t, "", "-f", server.URL+"/pod.yaml", "-o", "json"); r.code != 0 || len(r.reasons(t)) != 1 {
		t.Errorf("%d, %s", r.code, r.stdout)
	}
	address := strings.Replace(server.URL, "http://", "http://u:"+testPassword+"@", 1) + "/none"
	if r := run(t, "", "-f", address); r.code != 3 || !strings.Contains(r.stderr, "/none: the server answers 404 Not Found") {
		t.Errorf("%d, %s", r.code, r.stderr)
	}
}
