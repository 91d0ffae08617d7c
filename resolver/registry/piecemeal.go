package registry

import (
	"cmp"
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"

	"github.com/pullgate/pullgate/resolver/registry/hostsfile"
)

// An endpoint of a hosts.toml may need a file that only nodes have: the key of
// their client certificate, or a CA. A node that lacks such a file pulls nothing
// from the registry, and so containerd makes no endpoint at all. But nodes have
// it, and ask that endpoint with it. So here it is the one that cannot be asked.

// piecemeal makes the endpoints of a file of which containerd makes none because
// it names another that cannot be read. All others are as containerd makes them.
func (c *chains) piecemeal(host string, file *hostsfile.File, ch *chain) (endpoints []docker.RegistryHost, err error) {
	shared := &http.Client{Transport: docker.DefaultHTTPTransport(&tls.Config{})}
	if err := c.adapt(shared, ch); err != nil {
		return nil, err
	}
	authorizer := docker.NewDockerAuthorizer()
	for i, e := range file.Endpoints(host) {
		made := docker.RegistryHost{
			Client: shared, Authorizer: authorizer,
			Scheme: e.Scheme, Host: e.Host, Path: e.Path, Capabilities: e.Capabilities, Header: e.Header,
		}
		own, err := c.ownClient(e, shared, ch)
		switch {
		case errors.As(err, new(*fs.PathError)):
			ch.without(i, err)
		case err != nil:
			return nil, err
		case own != nil:
			made.Client, made.Authorizer = own, docker.NewDockerAuthorizer()
			if _, port, _ := net.SplitHostPort(e.Host); e.Scheme == "http" && e.SetsTLS() && port != "80" {
				own.Transport = docker.NewHTTPFallback(own.Transport)
				made.Scheme = "https"
			}
		}
		endpoints = append(endpoints, made)
	}
	return endpoints, nil
}

// ownClient makes the client of an endpoint that has settings of its own, nil if
// it has none.
func (c *chains) ownClient(e hostsfile.Entry, shared *http.Client, ch *chain) (*http.Client, error) {
	config, err := e.TLS()
	if err != nil {
		return nil, err
	}
	own := &http.Client{Transport: shared.Transport}
	switch {
	case config != nil || e.DialTimeout != nil:
		t := docker.DefaultHTTPTransport(cmp.Or(config, &tls.Config{}))
		if e.DialTimeout != nil {
			t.DialContext = (&net.Dialer{Timeout: *e.DialTimeout, KeepAlive: 30 * time.Second, FallbackDelay: 300 * time.Millisecond}).DialContext
		}
		own.Transport = t
	case len(e.Header) == 0:
		return nil, nil
	}
	return own, c.adapt(own, ch)
}
