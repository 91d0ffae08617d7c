package provider

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// provides is a file with one provider.
func provides(name string) string { return oneOf(map[string]string{"name": name}) }

// TestSecondDocument: a kubelet drops it without a word, and then has other providers
// than who wrote it thinks (P04).
func TestSecondDocument(t *testing.T) {
	good := oneOf(nil)
	for name, tc := range map[string]struct {
		config string
		second bool
	}{
		"one":                           {good, false},
		"one, marked":                   {"---\n" + good, false},
		"one, with its end":             {good + "---\n", false},
		"one, with comments":            {"# before\n---\n" + good + "---\n# after\n\n---\n", false},
		"one, with its end marked":      {good + "...\n", false},
		"one, with a directive":         {"%YAML 1.1\n---\n" + good, false},
		"with the end of a line of DOS": {strings.ReplaceAll("---\n"+good+"---\n", "\n", "\r\n"), false},
		"in a text":                     {oneOf(map[string]string{"args": "[\"--- a\", '\n\n    ---\n    b']"}), false},
		"two":                           {good + "---\n" + good, true},
		"rubbish":                       {good + "---\n[[[", true},
		"a word":                        {good + "---\nb\n", true},
		"on the line of its mark":       {good + "--- {a: b}\n", true},
		"a text on its mark's line":     {good + "--- |\n  a\n", true},
		"behind the mark of the end":    {good + "...\n---\nb\n", true},
		"bare, behind that mark":        {good + "...\nb: c\n", true},
		"after empty ones":              {good + "---\n# a\n---\nb: c\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, filepath.Join(t.TempDir(), "config.yaml"), tc.config)
			_, err := Load(path, plugins(t, "plugin"))
			switch {
			case !tc.second && err != nil:
				t.Error(err)
			case !tc.second:
			case err == nil || !strings.Contains(err.Error(), "second YAML document") || !strings.Contains(err.Error(), path) ||
				!strings.Contains(err.Error(), "a kubelet drops it without a word"):
				t.Errorf("%v", err)
			}
		})
	}
}

// TestFolder: what is read of a folder, and in which order (P05).
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"10.json", "20.yaml", "30.yml", ".hidden.yaml", "05.YAML", "06.yaml.bak", "sub/07.yaml", "08.yaml/file", "README"} {
		text := provides(strings.ToLower(strings.NewReplacer(".", "-", "/", "-").Replace(name)))
		if strings.HasSuffix(name, ".json") {
			text = `{"apiVersion":"kubelet.config.k8s.io/v1","kind":"CredentialProviderConfig","providers":[{"name":"10-json",
				"matchImages":["r.io"],"defaultCacheDuration":"1h","apiVersion":"` + apiV1 + `"}]}`
		}
		write(t, filepath.Join(dir, name), text)
	}
	link(t, write(t, filepath.Join(t.TempDir(), "elsewhere"), provides("15-yaml")), filepath.Join(dir, "15.yaml"))
	want := []string{"-hidden-yaml", "10-json", "15-yaml", "20-yaml", "30-yml"}
	c, err := Load(dir, plugins(t, want...))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range c.Providers {
		got = append(got, p.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestFolderErrors: what is wrong in a folder is told of its files, and all of it.
func TestFolderErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		files map[string]string // a name that ends in / is a folder, and "-> x" a link
		says  []string          // DIR stands for the folder; none if it is taken
	}{
		"empty (P06)":                      {nil, []string{"folder DIR has no file *.json, *.yaml or *.yml; a kubelet does not start"}},
		"others alone (P06)":               {map[string]string{"a.YAML": provides("plugin"), "sub/": ""}, []string{"has no file"}},
		"no providers beside a good one":   {map[string]string{"a.yaml": header + "providers: []\n", "b.yaml": provides("plugin")}, nil},
		"no providers in any":              {map[string]string{"a.yaml": header + "providers: []\n"}, []string{"configuration DIR: providers: there is none"}},
		"one name in two files":            {map[string]string{"a.yaml": provides("plugin"), "b.yaml": provides("plugin")}, []string{`DIR/b.yaml: provider "plugin": name: is another provider's too, in DIR/a.yaml`}},
		"a link to a folder":               {map[string]string{"a.yaml": "-> .", "b.yaml": provides("plugin")}, []string{"DIR/a.yaml is a folder"}},
		"a link to nothing":                {map[string]string{"a.yaml": "-> nowhere", "b.yaml": provides("plugin")}, []string{"DIR/a.yaml: no such file"}},
		"two that are wrong":               {map[string]string{"a.yaml": "a", "b.yaml": "b", "c.yaml": provides("plugin")}, []string{"DIR/a.yaml: ", "DIR/b.yaml: "}},
		"two with something wrong in them": {map[string]string{"a.yaml": provides("a/b"), "b.yaml": provides("..")}, []string{`DIR/a.yaml: provider "a/b": name`, `DIR/b.yaml: provider "..": name`}},
		"too large":                        {map[string]string{"a.yaml": provides("plugin") + "#" + strings.Repeat("a", maxSize)}, []string{"DIR/a.yaml is larger than 1024 KiB"}},
		"as large as may be":               {map[string]string{"a.yaml": provides("plugin") + "#" + strings.Repeat("a", maxSize-1-len(provides("plugin")))}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range tc.files {
				path := filepath.Join(dir, file)
				if target, ok := strings.CutPrefix(text, "-> "); ok {
					link(t, target, path)
				} else if strings.HasSuffix(file, "/") {
					write(t, filepath.Join(path, "file.yaml"), "")
				} else {
					write(t, path, text)
				}
			}
			_, err := Load(dir, plugins(t, "plugin"))
			if len(tc.says) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			for _, want := range tc.says {
				if want = strings.ReplaceAll(want, "DIR", dir); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nwant in it: %s", err, want)
				}
			}
		})
	}
}

// TestConfigMapVolume: a folder as a kubelet fills it, the data behind ..data (P06), and
// how the next version is told from the one in force.
func TestConfigMapVolume(t *testing.T) {
	dir, bin := t.TempDir(), plugins(t, "plugin", "other")
	write(t, filepath.Join(dir, "..2026_1", "config.yaml"), provides("plugin"))
	link(t, "..2026_1", filepath.Join(dir, "..data"))
	link(t, filepath.Join("..data", "config.yaml"), filepath.Join(dir, "config.yaml"))
	first, err := Load(dir, bin)
	if err != nil || len(first.Providers) != 1 || first.Providers[0].File != filepath.Join(dir, "config.yaml") {
		t.Fatalf("%+v, %v", first, err)
	}
	write(t, filepath.Join(dir, "..2026_2", "config.yaml"), provides("other"))
	link(t, "..2026_2", filepath.Join(dir, "..data_tmp"))
	if err := os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")); err != nil {
		t.Fatal(err)
	}
	second, err := Load(dir, bin)
	if err != nil || second.Providers[0].Name != "other" || second.Hash == first.Hash {
		t.Errorf("%+v, %v", second, err)
	}
}

// TestFingerprint tells versions apart as Load does: what is in force is not applied
// again as long as it is what is there.
func TestFingerprint(t *testing.T) {
	dir, bin := t.TempDir(), plugins(t, "plugin", "other", "third")
	seen := map[string]string{}
	look := func(when, path string) string {
		t.Helper()
		found, err := Fingerprint(path)
		if err != nil {
			t.Fatal(err)
		}
		if before, ok := seen[found]; ok {
			t.Errorf("%s: the same as %s", when, before)
		}
		seen[found] = when
		if c, err := Load(path, bin); err != nil || c.Hash != found {
			t.Errorf("%s: %v, %+v, want the hash %s", when, err, c, found)
		}
		return found
	}
	file := write(t, filepath.Join(dir, "a.yaml"), provides("plugin"))
	look("one file", file)
	write(t, filepath.Join(dir, "b.yaml"), provides("other"))
	look("two files", dir)
	write(t, file, provides("third"))
	look("another content", dir)
	if err := os.Rename(file, filepath.Join(dir, "c.yaml")); err != nil {
		t.Fatal(err)
	}
	look("another order", dir)
	if err := os.Rename(filepath.Join(dir, "c.yaml"), filepath.Join(dir, "d.yaml")); err != nil {
		t.Fatal(err)
	}
	look("another name", dir)
	for what, path := range map[string]string{"nothing": filepath.Join(dir, "none"), "an empty folder": t.TempDir()} {
		if found, err := Fingerprint(path); err == nil {
			t.Errorf("%s has the fingerprint %q", what, found)
		}
	}
}
