package registry

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"testing"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// behind makes a Client behind a proxy on loopback, and tells what the proxy was
// asked to connect to.
func behind(t *testing.T, o Options) (c *Client, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.Host)
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(proxy.Close)
	c = NewClient(o)
	c.chains.proxies.of = func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
	return c, asked
}

// A proxy connects in our place, where the guard does not see it.
func TestProxy(t *testing.T) {
	dir := registrytest.ConfigDir(t, map[string]string{"169.254.1.1": "https://169.254.1.1"})
	for host, want := range map[string]struct {
		blocked bool
		asked   string
	}{
		"registry.test":              {asked: "registry.test:443"}, // and the proxy, on loopback, may be dialled
		"169.254.169.254":            {blocked: true},
		"[fd00:ec2::254]":            {blocked: true},
		"[::ffff:169.254.169.254]:1": {blocked: true},
		"10.96.0.1:443":              {blocked: true},
		"169.254.1.1":                {asked: "169.254.1.1:443"}, // named in certs.d
		"10.1.2.3:5000":              {asked: "10.1.2.3:5000"},
	} {
		t.Run(host, func(t *testing.T) {
			c, asked := behind(t, Options{ConfigDir: dir, BlockedCIDRs: []netip.Prefix{netip.MustParsePrefix("10.96.0.0/12")}})
			_, err := c.Head(t.Context(), reference.Reference{Host: host, Repository: "app", Tag: "v1"}, Login{})
			var blocked *BlockedError
			if errors.As(err, &blocked) != want.blocked {
				t.Errorf("%v, want blocked %t", err, want.blocked)
			}
			if want.asked == "" && len(*asked) > 0 || want.asked != "" && !slices.Contains(*asked, want.asked) {
				t.Errorf("the proxy was asked for %q, want %q", *asked, want.asked)
			}
		})
	}
}

// That a proxy is on loopback makes nothing else there be dialled.
func TestProxyIsTheOnlyException(t *testing.T) {
	c, _ := behind(t, Options{})
	if _, err := c.Head(t.Context(), reference.Reference{Host: "registry.test", Repository: "app", Tag: "v1"}, Login{}); err == nil {
		t.Fatal("the proxy answers 502, and yet there is a manifest")
	}
	c.chains.proxies.of = func(*http.Request) (*url.URL, error) { return nil, nil }
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	ch, err := c.chains.get("registry.test")
	if err != nil {
		t.Fatal(err)
	}
	_, err = ch.endpoints[0].Client.Get(server.URL)
	if blocked := (*BlockedError)(nil); !errors.As(err, &blocked) {
		t.Errorf("loopback is dialled: %v", err)
	}
}
