package registry

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

// CertsD writes containerd's certs.d entries that map each host name to its
// registry. A token server's address gets an entry of its own: an address on
// loopback is dialled for a Pod's sake only where the administrator named it.
func CertsD(dir string, hosts map[string]*Registry) error {
	for host, r := range hosts {
		if err := MapHost(dir, host, r.URL(), ""); err != nil {
			return err
		}
		if r.tokens == nil {
			continue
		}
		if err := MapEndpoint(dir, r.tokens.url); err != nil {
			return err
		}
	}
	return nil
}

// MapEndpoint writes the certs.d entry that names a URL's own host, as that of a token
// server.
func MapEndpoint(dir, endpoint string) error {
	at, err := url.Parse(endpoint)
	if err != nil {
		return fmt.Errorf("the URL of an endpoint: %w", err)
	}
	// A colon is awkward in a folder's name; containerd reads this too.
	return MapHost(dir, at.Hostname()+"_"+at.Port()+"_", endpoint, "")
}

// MapHost writes the certs.d entry that maps one host name to an endpoint, whose
// certificate is by the CA in a file, if one is named.
func MapHost(dir, host, endpoint, ca string) error {
	folder := filepath.Join(dir, host)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return fmt.Errorf("map host %s: %w", host, err)
	}
	content := fmt.Sprintf("server = %q\n", endpoint)
	if ca != "" {
		content += fmt.Sprintf("ca = %q\n", ca)
	}
	if err := os.WriteFile(filepath.Join(folder, "hosts.toml"), []byte(content), 0o600); err != nil {
		return fmt.Errorf("map host %s: %w", host, err)
	}
	return nil
}
