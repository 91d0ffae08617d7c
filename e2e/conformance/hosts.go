package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// The addresses in the network namespace. Loopback is the node's own, and
// privateIP a private address as any network has.
const (
	privateIP       = "10.1.2.3"
	plainHost       = privateIP + ":5000"
	namedHost       = privateIP + ":5001"
	mirrorHost      = privateIP + ":5002"
	tlsHost         = privateIP + ":5443"
	silentHost      = privateIP + ":5444"
	refusedHost     = privateIP + ":5999"
	loopbackHost    = "127.0.0.1:5000"
	loopbackTLSHost = "127.0.0.1:5443"
)

// Addresses are what the network namespace must have.
func Addresses() []string { return []string{privateIP + "/32"} }

// Mapping is where a registry's host leads.
type Mapping string

// The mappings. The zero value is the scripted registry, over plain HTTP, as
// certs.d says to both sides.
const (
	Scripted Mapping = ""
	// Unmapped hosts are not in certs.d.
	Unmapped Mapping = "unmapped"
	// Own names the host itself in certs.d, with plain HTTP.
	Own Mapping = "own"
	// TLS speaks HTTPS, with a CA that certs.d names; Untrusted without.
	TLS       Mapping = "tls"
	Untrusted Mapping = "untrusted"
	// Refused has nobody who listens, Silent somebody who never answers.
	Refused Mapping = "refused"
	Silent  Mapping = "silent"
	// Mirror has a mirror before it; PullOnlyMirror one that may not say what
	// a tag means. Of the hidden ones only the node knows. SiblingMirror is at
	// the registry's own address, as with two projects of one Harbor.
	Mirror         Mapping = "mirror"
	SiblingMirror  Mapping = "sibling mirror"
	PullOnlyMirror Mapping = "pull-only mirror"
	// Rewritten names repositories otherwise at its mirror, as K3s and RKE2 write
	// it. What follows is the expression, and behind => what it becomes.
	Rewritten            Mapping = "rewritten "
	HiddenMirror         Mapping = "hidden mirror"
	HiddenPullOnlyMirror Mapping = "hidden pull-only mirror"
)

func (m Mapping) hasMirror() bool { return strings.Contains(string(m), "mirror") }

// hosts are the certs.d folders: one for the node and one for pullgate, which
// say the same but for hidden mirrors.
type hosts struct {
	dir    string
	caFile string
	mu     sync.Mutex // several tries share a host
}

func newHosts(dir string, ca []byte) (*hosts, error) {
	h := &hosts{dir: dir, caFile: filepath.Join(dir, "ca.pem")}
	for _, side := range []string{h.node(), h.pullgate()} {
		if err := os.MkdirAll(side, 0o750); err != nil {
			return nil, fmt.Errorf("certs.d: %w", err)
		}
	}
	if err := os.WriteFile(h.caFile, ca, 0o600); err != nil {
		return nil, fmt.Errorf("certs.d: %w", err)
	}
	return h, nil
}

func (h *hosts) node() string     { return filepath.Join(h.dir, "node") }
func (h *hosts) pullgate() string { return filepath.Join(h.dir, "pullgate") }

// lead writes a host's entries.
func (h *hosts) lead(host string, m Mapping) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	node, pullgate := h.toml(host, m), h.toml(host, m)
	if strings.HasPrefix(string(m), "hidden") {
		pullgate = h.toml(host, Scripted)
	}
	for dir, content := range map[string]string{h.node(): node, h.pullgate(): pullgate} {
		if content == "" {
			continue
		}
		if err := write(filepath.Join(dir, folder(host)), content); err != nil {
			return fmt.Errorf("certs.d entry of %s: %w", host, err)
		}
	}
	return nil
}

// forget removes a host's entries.
func (h *hosts) forget(host string) {
	for _, dir := range []string{h.node(), h.pullgate()} {
		_ = os.RemoveAll(filepath.Join(dir, folder(host)))
	}
}

// folder is a host's in certs.d: no colons.
func folder(host string) string {
	name, port, found := strings.Cut(host, ":")
	if !found {
		return name
	}
	return name + "_" + port + "_"
}

func write(dir, content string) error {
	if old, err := os.ReadFile(filepath.Join(dir, "hosts.toml")); err == nil && string(old) == content {
		return nil // And pullgate keeps what it knows of the host.
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	// Whole or not at all: both sides read while others are written.
	tmp := filepath.Join(dir, ".hosts.toml")
	if err := os.WriteFile(tmp, []byte(content), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(dir, "hosts.toml"))
}

func (h *hosts) toml(host string, m Mapping) string {
	server := func(url string) string { return fmt.Sprintf("server = %q\n", url) }
	mirror := func(at, capabilities string) string {
		return server("http://"+loopbackHost) + fmt.Sprintf("[host.%q]\ncapabilities = [%s]\noverride_path = true\n", "http://"+at+"/mirror/v2", capabilities)
	}
	if rule, ok := strings.CutPrefix(string(m), string(Rewritten)); ok {
		url := "http://" + mirrorHost + "/v2"
		from, to, _ := strings.Cut(rule, " => ")
		return server("http://"+loopbackHost+"/v2") + fmt.Sprintf(
			"capabilities = [\"pull\", \"resolve\", \"push\"]\n[host.%[1]q]\ncapabilities = [\"pull\", \"resolve\"]\n[host.%[1]q.rewrite]\n%[2]q = %[3]q\n", url, from, to)
	}
	switch m {
	case Unmapped:
		return ""
	case Own:
		return server("http://" + host)
	case TLS:
		return server("https://"+tlsHost) + fmt.Sprintf("ca = %q\n", h.caFile)
	case Untrusted:
		return server("https://" + tlsHost)
	case Refused:
		return server("http://" + refusedHost)
	case Silent:
		return server("https://" + silentHost)
	case Mirror, HiddenMirror:
		return mirror(mirrorHost, `"pull", "resolve"`)
	case SiblingMirror:
		return mirror(loopbackHost, `"pull", "resolve"`)
	case PullOnlyMirror, HiddenPullOnlyMirror:
		return mirror(mirrorHost, `"pull"`)
	default:
		return server("http://" + loopbackHost)
	}
}
