package registry

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/url"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/core/remotes/docker/config"

	"github.com/pullgate/pullgate/resolver/registry/hostsfile"
)

// read makes the chain of a host from the folder that holds for it, "" if there
// is none. The endpoints are containerd's; what that does not know comes of a
// parser of ours.
func (c *chains) read(host, dir, folder string) (*chain, error) {
	ch := &chain{
		folder: folder, id: host + folder, named: map[string]bool{}, plain: map[string]bool{},
		plainElsewhere: c.plain, strict: map[*http.Client]http.RoundTripper{},
	}
	options := config.HostOptions{
		HostDir:      func(string) (string, error) { return dir, nil },
		UpdateClient: func(client *http.Client) error { return c.adapt(client, ch) },
	}
	endpoints, err := config.ConfigureHosts(context.Background(), options)(host)
	file := &hostsfile.File{}
	if dir != "" {
		// A file that it cannot read either containerd passes over.
		if read, failed := hostsfile.Read(dir); failed == nil && read != nil {
			file = read
		}
	}
	if errors.As(err, new(*fs.PathError)) && len(file.Entries) > 0 {
		endpoints, err = c.piecemeal(host, file, ch)
	}
	if err != nil {
		return nil, err
	}
	ch.endpoints = endpoints
	c.refine(ch, file)
	for _, e := range ch.endpoints {
		if e.Host != defaultEndpoint(host) || c.names(host) {
			ch.named[withPort(e.Scheme, e.Host)] = true
		}
		if e.Scheme == "http" || e.Client.Transport != ch.strict[e.Client] {
			ch.plain[withPort("http", e.Host)] = true
		}
	}
	return ch, nil
}

// refine applies what containerd does not know of a file to the endpoints that
// were made of it.
func (c *chains) refine(ch *chain, file *hostsfile.File) {
	if len(file.Entries) != len(ch.endpoints) {
		return // there is none, or it has just been changed, and will be read again
	}
	for i, e := range file.Entries {
		ch.rewrites = append(ch.rewrites, e.Rewrites)
		if e.Strange {
			ch.without(i, errStrangeRewrite)
		}
	}
	if last := len(ch.endpoints) - 1; file.WithoutServer {
		ch.endpoints = ch.endpoints[:last]
		delete(ch.unusable, last)
	}
	c.note(ch)
}

// adapt fits containerd's HTTP client for a server's use. containerd calls it
// once for the client that endpoints share and once more for each endpoint with
// settings of its own, whose transport is a clone.
func (c *chains) adapt(client *http.Client, ch *chain) error {
	// Otherwise it is a copy that shares the adapted transport.
	if t, ok := client.Transport.(*http.Transport); ok {
		trusted := func(addr string) bool { return ch.named[addr] || c.namesAddress(addr) }
		t.DialContext = c.guard.dial(t.DialContext, func(addr string) bool { return trusted(addr) || c.proxies.names(addr) })
		t.Proxy = func(req *http.Request) (*url.URL, error) { return c.proxies.choose(req, trusted) }
		t.MaxResponseHeaderBytes = maxHeaderBytes
		t.MaxIdleConnsPerHost = t.MaxIdleConns
		client.Transport = traced{capped{c.wrapped(t)}}
	}
	ch.strict[client] = client.Transport
	return nil
}

func (c *chains) wrapped(t http.RoundTripper) http.RoundTripper {
	if c.wrap == nil {
		return t
	}
	return c.wrap(t)
}

// place is one endpoint to ask, and the name that it has for the repository.
type place struct {
	endpoint   int
	repository string
	// several tells that a node may ask there under another name as well.
	several bool
}

// places lists where those endpoints that have all of some capabilities are asked
// for a repository.
func (ch *chain) places(repository string, needed docker.HostCapabilities) (list []place) {
	for i, e := range ch.endpoints {
		if !e.Capabilities.Has(needed) {
			continue
		}
		names := []string{repository}
		if i < len(ch.rewrites) {
			names = ch.rewrites[i].Names(repository)
		}
		for _, name := range names {
			list = append(list, place{i, name, len(names) > 1})
		}
	}
	return list
}
