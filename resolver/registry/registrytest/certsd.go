// Package registrytest maps made-up registry hosts to test servers on
// loopback, as an administrator maps a mirror: nothing else makes loopback be
// dialled.
package registrytest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ConfigDir writes a certs.d folder that maps each host to a base URL.
func ConfigDir(t testing.TB, servers map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for host, url := range servers {
		Map(t, dir, host, fmt.Sprintf("server = %q\n", url))
	}
	return dir
}

// Map writes the hosts.toml of one host.
func Map(t testing.TB, dir, host, hostsTOML string) {
	t.Helper()
	folder := filepath.Join(dir, host)
	if i := strings.LastIndex(host, ":"); i > 0 {
		folder = filepath.Join(dir, host[:i]+"_"+host[i+1:]+"_")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "hosts.toml"), []byte(hostsTOML), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Serve serves a handler on loopback until the test ends, and returns a certs.d
// folder in which host stands for it, together with the server's URL.
func Serve(t testing.TB, host string, handler http.Handler) (configDir, url string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	dir := ConfigDir(t, map[string]string{host: server.URL})
	// Its own address is named too, for the realms of its challenges.
	Map(t, dir, strings.TrimPrefix(server.URL, "http://"), fmt.Sprintf("server = %q\n", server.URL))
	return dir, server.URL
}
