package registry

import (
	"testing"

	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

func TestTrustedAddresses(t *testing.T) {
	dir := registrytest.ConfigDir(t, map[string]string{
		"named.test":     "https://named.test",
		"auth.test":      "https://auth.test",
		"127.0.0.1:5001": "http://127.0.0.1:5001",
		"mirrored.test":  "https://mirror.test:8443/prefix",
		"_default":       "https://everything.test",
	})
	c := newChains(Options{ConfigDir: dir})
	for _, tc := range []struct {
		host, addr string
		want       bool
	}{
		{"named.test", "named.test:443", true},
		{"mirrored.test", "mirror.test:8443", true},
		{"named.test", "mirror.test:8443", false}, // another registry's endpoint
		{"named.test", "auth.test:443", true},     // a realm with a folder of its own
		{"named.test", "auth.test:22", false},
		{"named.test", "127.0.0.1:5001", true},
		{"named.test", "127.0.0.1:5002", false},
		{"unknown.test", "everything.test:443", true}, // named in _default
		{"unknown.test", "unknown.test:443", false},   // _default names no host itself
	} {
		ch, err := c.get(tc.host)
		if err != nil {
			t.Fatal(err)
		}
		if got := ch.named[tc.addr] || c.namesAddress(tc.addr); got != tc.want {
			t.Errorf("registry %s: %s trusted %t, want %t", tc.host, tc.addr, got, tc.want)
		}
	}
}

// A registry host comes from whoever may create a Pod, and becomes a path.
func TestHostCannotLeaveTheFolder(t *testing.T) {
	c := newChains(Options{ConfigDir: t.TempDir()})
	for _, host := range []string{"..", "../etc", "a/b", `..\x`} {
		if dir, err := c.dir(host); dir != "" || err != nil {
			t.Errorf("dir(%q) = %q, %v", host, dir, err)
		}
	}
}

func TestWithPort(t *testing.T) {
	for _, tc := range []struct{ scheme, host, want string }{
		{"https", "r.io", "r.io:443"},
		{"http", "r.io", "r.io:80"},
		{"https", "r.io:5000", "r.io:5000"},
		{"https", "[::1]", "[::1]:443"},
		{"https", "[::1]:5000", "[::1]:5000"},
	} {
		if got := withPort(tc.scheme, tc.host); got != tc.want {
			t.Errorf("withPort(%s, %s) = %s, want %s", tc.scheme, tc.host, got, tc.want)
		}
	}
}
