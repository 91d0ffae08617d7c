package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pullgate/pullgate/e2e/faults/proxy"
	"github.com/pullgate/pullgate/e2e/registry"
)

const (
	host     = "registry.example.com"
	user     = "ci"
	password = "correct-horse"
	// repositories are how many there are, the last indexRepositories of which
	// have an index for an image.
	repositories      = 20
	indexRepositories = 2
)

// repository is one by its number.
func repository(n int) string { return fmt.Sprintf("acme/app-%02d", n%repositories) }

// site is a registry with tokens, and what counts and delays its requests.
type site struct {
	dir    string
	front  *proxy.Proxy
	realm  *proxy.Proxy
	serial atomic.Int64 // of images that nobody has asked for
	undo   []func()

	heads, gets, challenged, tokens, others atomic.Int64
}

// requests are what has reached a site.
type requests struct {
	Heads int64 `json:"heads"` // of manifests
	Gets  int64 `json:"gets"`  // of manifests
	// Challenged are those without a token, upon which the registry says where to
	// get one.
	Challenged int64 `json:"challenged"`
	Tokens     int64 `json:"tokens"` // of the token server
	Others     int64 `json:"others"`
}

func startSite(ctx context.Context, dir, binary string) (*site, error) {
	s := &site{dir: dir}
	if err := s.start(ctx, binary); err != nil {
		s.close()
		return nil, fmt.Errorf("start the registry: %w", err)
	}
	return s, nil
}

func (s *site) close() {
	for i := len(s.undo) - 1; i >= 0; i-- {
		s.undo[i]()
	}
	s.undo = nil
}

func (s *site) start(ctx context.Context, binary string) error {
	var all []string
	for n := range repositories {
		all = append(all, repository(n))
	}
	r, err := registry.Start(ctx, registry.Options{
		Binary: binary, Mode: registry.Token, Users: map[string]registry.User{user: {Password: password, Pull: all}},
		// As long as nothing takes.
		TokenLife: time.Hour,
	})
	if err != nil {
		return err
	}
	s.undo = append(s.undo, r.Close)
	for n, name := range all {
		if n < repositories-indexRepositories {
			_, err = r.Push(ctx, name, proxy.Alias)
		} else {
			_, err = r.PushIndex(ctx, name, proxy.Alias, "linux/amd64", "linux/arm64")
		}
		if err != nil {
			return err
		}
	}
	certificates, err := proxy.NewCertificates(host)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.caFile(), certificates.CA, 0o600); err != nil {
		return err
	}
	if s.realm, err = proxy.Start(proxy.Options{Target: r.TokenURL(), Certificates: certificates, Heard: func(*http.Request) { s.tokens.Add(1) }}); err != nil {
		return err
	}
	s.undo = append(s.undo, s.realm.Close)
	realm := "https://" + s.realm.Address()
	if s.front, err = proxy.Start(proxy.Options{Target: r.URL(), Certificates: certificates, Realm: realm + "/token", Heard: s.heard}); err != nil {
		return err
	}
	s.undo = append(s.undo, s.front.Close)
	for _, h := range []string{host, providedHost} {
		if err := registry.MapHost(s.certsD(), h, s.url(), s.caFile()); err != nil {
			return err
		}
	}
	return registry.MapHost(s.certsD(), "127.0.0.1_"+s.realm.Port()+"_", realm, s.caFile())
}

func (s *site) heard(r *http.Request) {
	switch manifest := strings.Contains(r.URL.Path, "/manifests/"); {
	case manifest && r.Header.Get("Authorization") == "":
		s.challenged.Add(1)
	case manifest && r.Method == http.MethodHead:
		s.heads.Add(1)
	case manifest && r.Method == http.MethodGet:
		s.gets.Add(1)
	default:
		s.others.Add(1)
	}
}

// seen are the requests since it was called last.
func (s *site) seen() requests {
	return requests{s.heads.Swap(0), s.gets.Swap(0), s.challenged.Swap(0), s.tokens.Swap(0), s.others.Swap(0)}
}

func (s *site) url() string    { return "https://" + s.front.Address() }
func (s *site) certsD() string { return filepath.Join(s.dir, "certs.d") }
func (s *site) caFile() string { return filepath.Join(s.dir, "registry-ca.pem") }

// image is an image that is there, one of any number of them in a repository.
func image(repo string, n int) string {
	return fmt.Sprintf("%s/%s:%s%d", host, repo, proxy.Fresh, n)
}

// fresh are images that nobody has asked for.
func (s *site) fresh(repo string, n int) (list []string) {
	for range n {
		list = append(list, fmt.Sprintf("%s/%s:%snew-%d", host, repo, proxy.Fresh, s.serial.Add(1)))
	}
	return list
}

// dockerConfig is a pull Secret's content for some hosts.
func dockerConfig(hosts ...string) []byte {
	auths := map[string]any{}
	for _, h := range hosts {
		auths[h] = map[string]string{"username": user, "password": password}
	}
	content, err := json.Marshal(map[string]any{"auths": auths})
	if err != nil {
		panic(err) // strings always marshal
	}
	return content
}
