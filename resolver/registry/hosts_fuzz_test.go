package registry

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// FuzzHostsTOML reads any content as the hosts.toml of a registry: containerd's
// parser may refuse or pass over it, but no endpoint's address may be trusted
// that the file does not name.
func FuzzHostsTOML(f *testing.F) {
	for _, content := range []string{
		"", "server = \"https://mirror.test\"\n", "server = \"http://127.0.0.1:1\"\n", "server = \"127.0.0.1\"\n",
		"[host.\"http://127.0.0.1:2\"]\ncapabilities = [\"pull\"]\nskip_verify = true\n",
		"[host.\"https://m.test\"]\nca = \"ca.crt\"\nclient = [[\"a\", \"b\"]]\n[host.\"https://m.test\".header]\nX-Key = [\"a\", \"b\"]\n",
		"server = \"https://[::1]:1/path\"\noverride_path = true\ndial_timeout = \"1ms\"\n", "server = \"https://u:p@m.test\"\n",
		"[host.\"\"]\n", "server = \"https://\"\n", "[host]\n", "host = 1\n", "[[host.a]]\n", "server = \"http\"\n", "x = {a = {a = {a = 1}}}\n",
	} {
		f.Add([]byte(content), "registry.test")
		f.Add([]byte(content), "_default")
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte, host string) {
		if host != "_default" {
			host = "registry.test"
		}
		if strings.Contains(string(content), "/dev") {
			return // an administrator may name a file that never ends, and is believed
		}
		for _, before := range []string{"registry.test", "_default"} {
			if err := os.RemoveAll(filepath.Join(dir, before)); err != nil {
				t.Fatal(err)
			}
		}
		registrytest.Map(t, dir, host, string(content))
		c := newChains(Options{ConfigDir: dir})
		ch, err := c.get("registry.test")
		if err != nil {
			return
		}
		for _, e := range ch.endpoints {
			for _, address := range []string{"127.0.0.1:1", "127.0.0.1:2", "[::1]:1", "169.254.169.254:80", "0.0.0.0:1"} {
				host, _, err := net.SplitHostPort(address)
				if err != nil || strings.Contains(string(content), host) || escaped(content) {
					continue
				}
				resp, err := e.Client.Get("http://" + address)
				if err == nil {
					resp.Body.Close()
				}
				if blocked := (*BlockedError)(nil); !errors.As(err, &blocked) {
					t.Fatalf("endpoint %s://%s dials %s: %v", e.Scheme, e.Host, address, err)
				}
			}
		}
	})
}

// escaped tells that TOML's or a URL's escapes may spell an address otherwise.
func escaped(content []byte) bool { return strings.ContainsAny(string(content), `\%`) }
