package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHosts(t *testing.T) {
	h, err := newHosts(t.TempDir(), []byte("CA"))
	if err != nil {
		t.Fatal(err)
	}
	read := func(dir, host string) string {
		content, err := os.ReadFile(filepath.Join(dir, folder(host), "hosts.toml"))
		if err != nil {
			return "none"
		}
		return string(content)
	}
	const plain = "server = \"http://127.0.0.1:5000\"\n"
	for m, want := range map[Mapping]struct{ node, pullgate string }{
		Scripted: {plain, plain},
		Rewritten + "^a/(.*) => b/$1": {
			"server = \"http://127.0.0.1:5000/v2\"\ncapabilities",
			"server = \"http://127.0.0.1:5000/v2\"\ncapabilities = [\"pull\", \"resolve\", \"push\"]\n[host.\"http://10.1.2.3:5002/v2\"]\n" +
				"capabilities = [\"pull\", \"resolve\"]\n[host.\"http://10.1.2.3:5002/v2\".rewrite]\n\"^a/(.*)\" = \"b/$1\"\n",
		},
		Unmapped:     {"none", "none"},
		HiddenMirror: {plain + "[host.\"http://10.1.2.3:5002/mirror/v2\"]", plain},
	} {
		name, _, _ := strings.Cut(strings.ReplaceAll(string(m), " ", "-"), "-^")
		host := name + ".example.com:5000"
		if err := h.lead(host, m); err != nil {
			t.Fatal(err)
		}
		if got := read(h.node(), host); !strings.HasPrefix(got, want.node) {
			t.Errorf("%s: the node has %q, want %q first", m, got, want.node)
		}
		if got := read(h.pullgate(), host); got != want.pullgate {
			t.Errorf("%s: pullgate has %q, want %q", m, got, want.pullgate)
		}
		h.forget(host)
		if got := read(h.node(), host); got != "none" {
			t.Errorf("%s: %q is left", m, got)
		}
	}
}
