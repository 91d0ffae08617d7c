package faults

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/faults/proxy"
	"github.com/pullgate/pullgate/e2e/registry"
)

// The host names of the registries. They exist in certs.d only.
const (
	openHost    = "open.example.com"
	privateHost = "private.example.com" // htpasswd
	tokenHost   = "token.example.com"
	// steadyHost is no fault's: what happens to the others is not to be seen here.
	steadyHost = "steady.example.com"
	// namedHost leads to the open registry by serverName, which is for DNS to know.
	namedHost  = "named.example.com"
	serverName = "registry.faults.test"

	// What the hosts below have, only credential providers open. All but the last
	// two are the htpasswd registry.
	keptHost = "kept.example.com"
	// briefHosts is how many there are of briefHost.
	briefHosts = 6
	// mistakenHost gets a password that the registry refuses.
	mistakenHost = "mistaken.example.com"
	// briefOpenHost would take a credential, and needs none.
	briefOpenHost = "brief-open.example.com"
)

const (
	user     = "ci"
	password = "correct-horse"
	// tokenLife is short so that the token server is asked all the time.
	tokenLife = 2 * time.Second
)

// briefHost is one of the registries of the provider whose answers are soon forgotten.
func briefHost(n int) string { return fmt.Sprintf("brief-%d.example.com", n) }

// coldTag is of an image that is pushed for those who come in a crowd.
const coldTag = proxy.Fresh + "cold"

// sites are the registries and the proxies before them.
type sites struct {
	dir     string
	open    *registry.Registry
	digest  string // of an image in open
	proxies map[string]*proxy.Proxy
	realm   *proxy.Proxy
	// indexes is how many indexes there are, idx-1 and up.
	indexes atomic.Int64
	// coldLookUps counts those of the image with coldTag, with a credential.
	coldLookUps atomic.Int64
	undo        []func()
}

func startSites(ctx context.Context, dir string, binaries build.Paths) (*sites, error) {
	s := &sites{dir: dir, proxies: map[string]*proxy.Proxy{}}
	if err := s.start(ctx, binaries[build.Registry]); err != nil {
		s.close()
		return nil, fmt.Errorf("start the registries: %w", err)
	}
	return s, nil
}

func (s *sites) close() {
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.undo[i]()
	}
	s.undo = nil
}

func (s *sites) start(ctx context.Context, binary string) (err error) {
	users := map[string]registry.User{user: {Password: password, Pull: []string{"acme/private"}}}
	private, token := (*registry.Registry)(nil), (*registry.Registry)(nil)
	for _, r := range []struct {
		into    **registry.Registry
		options registry.Options
	}{
		{&s.open, registry.Options{}},
		{&private, registry.Options{Mode: registry.Htpasswd, Users: users}},
		{&token, registry.Options{Mode: registry.Token, Users: users, Public: []string{"acme/public"}, TokenLife: tokenLife}},
	} {
		r.options.Binary = binary
		if *r.into, err = registry.Start(ctx, r.options); err != nil {
			return err
		}
		s.undo = append(s.undo, (*r.into).Close)
	}
	if err := s.push(ctx, private, token); err != nil {
		return err
	}
	return s.front(private, token)
}

func (s *sites) push(ctx context.Context, private, token *registry.Registry) error {
	for _, image := range []struct {
		at         *registry.Registry
		repository string
	}{
		{s.open, "acme/app"}, {s.open, "acme/worker"}, {private, "acme/private"}, {token, "acme/private"}, {token, "acme/public"},
	} {
		digest, err := image.at.Push(ctx, image.repository, proxy.Alias)
		if err != nil {
			return err
		}
		if image.repository == "acme/worker" {
			s.digest = digest
		}
	}
	return s.pushIndex(ctx)
}

// pushIndex adds an index. Fetching one takes a body, which HEAD has not, and one
// that is known is never fetched again: there have to be new ones.
func (s *sites) pushIndex(ctx context.Context) error {
	next := s.indexes.Load() + 1
	if _, err := s.open.PushIndex(ctx, "acme/index", fmt.Sprint("idx-", next), "linux/amd64"); err != nil {
		return err
	}
	s.indexes.Store(next)
	return nil
}

// front puts a proxy before each registry, and writes certs.d.
func (s *sites) front(private, token *registry.Registry) error {
	certificates, err := proxy.NewCertificates(serverName)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.caFile(), certificates.CA, 0o600); err != nil {
		return err
	}
	add := func(target, realm string) (*proxy.Proxy, error) {
		p, err := proxy.Start(proxy.Options{Target: target, Certificates: certificates, Realm: realm, Heard: s.heard})
		if err == nil {
			s.undo = append(s.undo, p.Close)
		}
		return p, err
	}
	if s.realm, err = add(token.TokenURL(), ""); err != nil {
		return err
	}
	realm := "https://" + s.realm.Address()
	for host, at := range map[string]struct{ target, realm string }{
		openHost:    {s.open.URL(), ""},
		steadyHost:  {s.open.URL(), ""},
		namedHost:   {s.open.URL(), ""},
		privateHost: {private.URL(), ""},
		keptHost:    {private.URL(), ""},
		tokenHost:   {token.URL(), realm + "/token"},
	} {
		if s.proxies[host], err = add(at.target, at.realm); err != nil {
			return err
		}
		server := "https://" + s.proxies[host].Address()
		if host == namedHost {
			server = "https://" + serverName + ":" + s.proxies[host].Port()
		}
		if err := s.mapHost(host, server); err != nil {
			return err
		}
	}
	for host, at := range s.provided() {
		if err := s.mapHost(host, "https://"+at.Address()); err != nil {
			return err
		}
	}
	// A token server on loopback is asked only where certs.d names it.
	return s.mapHost("127.0.0.1_"+s.realm.Port()+"_", realm)
}

// provided are the hosts of credential providers that have no proxy of their own.
func (s *sites) provided() map[string]*proxy.Proxy {
	hosts := map[string]*proxy.Proxy{mistakenHost: s.proxies[keptHost], briefOpenHost: s.proxies[steadyHost]}
	for n := range briefHosts {
		hosts[briefHost(n)] = s.proxies[keptHost]
	}
	return hosts
}

func (s *sites) heard(r *http.Request) {
	if r.Method == http.MethodHead && strings.HasSuffix(r.URL.Path, "/manifests/"+coldTag) && r.Header.Get("Authorization") != "" {
		s.coldLookUps.Add(1)
	}
}

func (s *sites) certsD() string { return filepath.Join(s.dir, "certs.d") }
func (s *sites) caFile() string { return filepath.Join(s.dir, "ca.pem") }

func (s *sites) mapHost(host, server string) error {
	return registry.MapHost(s.certsD(), host, server, s.caFile())
}

// faulty are the proxies that the faults of registries hit, the token server's
// among them.
func (s *sites) faulty() []*proxy.Proxy {
	return []*proxy.Proxy{s.proxies[openHost], s.proxies[privateHost], s.proxies[tokenHost], s.realm}
}

// all are all proxies.
func (s *sites) all() []*proxy.Proxy {
	return append(s.faulty(), s.proxies[steadyHost], s.proxies[namedHost], s.proxies[keptHost])
}

// keepPushing pushes an index a second, until ctx is done.
func (s *sites) keepPushing(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
			_ = s.pushIndex(ctx) // or the next time
		}
	}
}
