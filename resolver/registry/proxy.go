package registry

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
)

// proxies are the HTTP proxies that the environment names, as a node's
// containerd has them. A proxy connects in our place, so the guard never sees
// what it connects to: names are the proxy's to resolve and to refuse. Addresses
// that are named as such are held against the guard here.
type proxies struct {
	of    func(*http.Request) (*url.URL, error)
	guard guard
	// known holds the host:port of proxies, which the administrator has named by
	// naming them. They are as few as the variables of the environment.
	known sync.Map
}

// choose is an http.Transport's Proxy.
func (p *proxies) choose(req *http.Request, trusted func(addr string) bool) (*url.URL, error) {
	proxy, err := p.of(req)
	if proxy == nil || err != nil {
		return proxy, err
	}
	addr := withPort(req.URL.Scheme, req.URL.Host)
	if host, _, err := net.SplitHostPort(addr); err == nil && !trusted(addr) {
		if ip, err := netip.ParseAddr(host); err == nil {
			if err := p.guard.check(netip.AddrPortFrom(ip, 0).String()); err != nil {
				return nil, err
			}
		}
	}
	p.known.Store(proxyAddress(proxy), true)
	return proxy, nil
}

// names reports whether an address that a dialer is given is a proxy's.
func (p *proxies) names(addr string) bool {
	_, known := p.known.Load(addr)
	return known
}

func proxyAddress(proxy *url.URL) string {
	port := map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[proxy.Scheme]
	return net.JoinHostPort(proxy.Hostname(), cmp.Or(proxy.Port(), port, "80"))
}
