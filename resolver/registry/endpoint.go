package registry

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/core/remotes/docker/config"
	"github.com/containerd/errdefs"

	"github.com/pullgate/pullgate/resolver/bounded"
	"github.com/pullgate/pullgate/resolver/registry/hostsfile"
)

const (
	maxChains = 4096
	// chainTTL lets the connections of a registry that nobody asks any more go.
	chainTTL = time.Hour
	// recheckEvery is how old the look at a certs.d folder may be.
	recheckEvery = 2 * time.Second
)

// chain is the endpoints of one registry host in the order in which they are
// asked: mirrors, then the registry itself.
type chain struct {
	endpoints []docker.RegistryHost
	// rewrites change a repository's name at an endpoint; none if shorter.
	rewrites []hostsfile.Rewrites
	// unusable are the endpoints that cannot be asked from here, by their place.
	unusable map[int]*UnusableError
	// told is done once the log has been told of them.
	told *sync.Once
	// folder changes whenever the folder that the chain was read from does, and id
	// also when a file elsewhere becomes readable.
	folder, id string
	// named holds the host:port of the endpoints that the administrator named,
	// and plain of those that are, or may be, spoken to in plain HTTP.
	named, plain map[string]bool
	// plainElsewhere tells of hosts that are no endpoints here.
	plainElsewhere func(host string) bool
	// strict are the clients' transports without containerd's way of falling
	// back to plain HTTP.
	strict map[*http.Client]http.RoundTripper
}

// chains reads certs.d with containerd's own parser and keeps what it read,
// connections included, until the folder changes.
type chains struct {
	configDir string // "" if there is none
	wrap      func(http.RoundTripper) http.RoundTripper
	guard     guard
	proxies   *proxies
	cache     *bounded.Cache[*chain]

	mu    sync.Mutex // held over reads of small local files, never over the network
	fresh *bounded.Cache[struct{}]
	// told are those of the chains, by what there is to tell.
	told *bounded.Cache[*sync.Once]
}

func newChains(o Options) *chains {
	return &chains{
		configDir: o.ConfigDir,
		wrap:      o.Wrap,
		guard:     guard{o.BlockedCIDRs},
		proxies:   &proxies{of: http.ProxyFromEnvironment, guard: guard{o.BlockedCIDRs}},
		cache:     bounded.New[*chain](maxChains),
		fresh:     bounded.New[struct{}](maxChains),
		told:      bounded.New[*sync.Once](maxChains),
	}
}

// get returns the chain of a registry host.
func (c *chains) get(host string) (*chain, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.cache.Get(host)
	if ok {
		if _, fresh := c.fresh.Get(host); fresh {
			return known, nil
		}
	}
	dir, err := c.dir(host)
	if err != nil {
		return nil, fmt.Errorf("read certs.d: %w", err)
	}
	folder := signature(dir)
	if !ok || known.folder != folder || known.mended() {
		if known, err = c.read(host, dir, folder); err != nil {
			return nil, fmt.Errorf("read certs.d: %w", err)
		}
		c.cache.Set(host, known, chainTTL)
	}
	c.fresh.Set(host, struct{}{}, recheckEvery)
	return known, nil
}

// dir is the folder that holds for a host, "" if there is none.
func (c *chains) dir(host string) (string, error) {
	if c.configDir == "" || strings.ContainsAny(host, `/\`) || strings.Contains(host, "..") {
		return "", nil
	}
	dir, err := config.HostDirFromRoot(c.configDir)(host)
	if errdefs.IsNotFound(err) {
		return "", nil
	}
	return dir, err
}

// plain reports whether certs.d has an endpoint in plain HTTP under a host's own
// name.
func (c *chains) plain(host string) bool {
	if !c.names(host) {
		return false
	}
	ch, err := c.get(host)
	return err == nil && ch.plain[withPort("http", host)]
}

// names reports whether certs.d has a folder of the host's own.
func (c *chains) names(host string) bool {
	dir, err := c.dir(host)
	return err == nil && dir != "" && filepath.Base(dir) != "_default"
}

// namesAddress is names for the address that a dialer is given.
func (c *chains) namesAddress(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	if err == nil && (port == "443" || port == "80") && c.names(host) {
		return true
	}
	return c.names(addr)
}

// defaultEndpoint is the host that is asked where certs.d names no server.
func defaultEndpoint(host string) string {
	if host == "docker.io" {
		return "registry-1.docker.io"
	}
	return host
}

// withPort is an endpoint's address as a dialer sees it. An endpoint with an
// http scheme and a TLS configuration is tried both ways, on the port it has.
func withPort(scheme, host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	port := map[string]string{"http": "80"}[scheme]
	return net.JoinHostPort(strings.Trim(host, "[]"), cmp.Or(port, "443"))
}

// signature changes whenever a file of the folder does. A folder mounted from
// a ConfigMap holds symbolic links, so it is their targets that are looked at.
func signature(dir string) string {
	if dir == "" {
		return ""
	}
	var s strings.Builder
	s.WriteString(dir)
	entries, _ := os.ReadDir(dir) // unreadable: the parser says so
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil { //nolint:gosec // the folder is the administrator's
			fmt.Fprintf(&s, "\n%s %d %d", e.Name(), info.Size(), info.ModTime().UnixNano())
		}
	}
	return s.String()
}
