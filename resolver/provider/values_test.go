package provider

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestValuesAreNotTold: what is wrong with a configuration is said without the values
// of env and args, which may be passwords.
func TestValuesAreNotTold(t *testing.T) {
	const head = "apiVersion: kubelet.config.k8s.io/v1\n"
	const kind = "kind: CredentialProviderConfig\n"
	entry := func(env string) string {
		return "providers:\n- name: a\n  matchImages: [r.io]\n  defaultCacheDuration: 1h\n  apiVersion: " + apiV1 + "\n  args: [hunter2]\n  env:\n" + env
	}
	pair := "  - {name: A, value: hunter2}\n"
	for name, content := range map[string]string{
		"no kind":         head + entry(pair),
		"no apiVersion":   kind + entry(pair),
		"neither":         entry(pair),
		"another kind":    head + "kind: Secret\nstringData: {a: hunter2}\n",
		"a list":          head + kind + entry("  - {name: A, value: [hunter2]}\n"),
		"an object":       head + kind + entry("  - {name: A, value: {b: hunter2}}\n"),
		"no object":       head + kind + entry("  - hunter2\n"),
		"no list":         head + kind + entry("    hunter2\n"),
		"a field":         head + kind + entry("  - {name: A, valeu: hunter2}\n"),
		"twice":           head + kind + entry("  - {name: A, value: hunter2, value: hunter2}\n"),
		"no colon":        head + kind + entry("  - name: A\n    value hunter2\n    x: y\n"),
		"two colons":      head + kind + entry("  - name: A\n    value: a: hunter2\n"),
		"an open quote":   head + kind + entry(`  - {name: A, value: "hunter2}`+"\n"),
		"an integer":      head + kind + entry("  - {name: A, value: !!int hunter2}\n"),
		"a float":         head + kind + entry("  - {name: A, value: !!float \"hunter2`\\nhunter2\"}\n"),
		"binary":          head + kind + entry("  - {name: A, value: !!binary hunter2}\n"),
		"a time":          head + kind + entry("  - {name: A, value: !!timestamp hunter2}\n"),
		"a set":           head + kind + entry("  - {name: A, value: !!map hunter2}\n"),
		"merged":          head + kind + entry("  - {name: A, <<: hunter2}\n"),
		"an alias":        head + kind + entry("  - {name: A, value: *hunter2'}\n"),
		"a list as key":   head + kind + entry("  - {name: A, ? [b] : hunter2}\n"),
		"an object, key":  head + kind + entry("  - {name: A, ? {b: hunter2} : c}\n"),
		"a tab":           head + kind + entry("  -\tname: A\n\tvalue: hunter2\n"),
		"a directive":     head + kind + entry("  - name: A\n%hunter2 hunter2\n"),
		"another escape":  head + kind + entry(`  - {name: A, value: "\hunter2"}`+"\n"),
		"a second":        head + kind + entry(pair) + "---\nhunter2\n",
		"only a word":     "hunter2\n",
		"JSON, cut":       `{"apiVersion":"kubelet.config.k8s.io/v1","kind":"CredentialProviderConfig","providers":[{"env":[{"value":"hunter2`,
		"JSON, a literal": `{"apiVersion":"kubelet.config.k8s.io/v1","kind":"CredentialProviderConfig","providers":[{"env":[{"value":hunter2}]}]}`,
		"JSON, no kind":   `{"providers":[{"name":"a","env":[{"name":"A","value":"hunter2"}]}]}`,
		"bytes":           "\xff\xfehunter2",
	} {
		_, err := Load(write(t, filepath.Join(t.TempDir(), "config.yaml"), content), pluginDir(t))
		if err == nil || !strings.Contains(err.Error(), "config.yaml: ") || strings.Contains(err.Error(), "unter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
