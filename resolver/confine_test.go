package resolver

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/resolver/registry"
	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// confinement is a registry that lets its credential astray, and what becomes of
// that.
type confinement struct {
	challenge string // WWW-Authenticate of registry.test, "" for none
	moved     string // where it sends on those whom it lets in
	location  string // where the token server sends on
	elsewhere int    // what every other host answers for the manifest
	anonymous bool
	certsD    map[string]string // hosts.toml by host

	want Reason
	// spared are hosts, with their scheme, that must get no secret.
	spared []string
}

func (c confinement) answer(req *http.Request) *http.Response {
	const served = "Content-Type: " + manifestType + "\nDocker-Content-Digest: "
	challenge := "WWW-Authenticate: " + c.challenge
	switch manifests := strings.Contains(req.URL.Path, "/manifests/"); {
	case manifests && req.URL.Host == "registry.test" && req.URL.Scheme == "https":
		if c.challenge != "" && req.Header.Get("Authorization") == "" {
			return reply(req, http.StatusUnauthorized, challenge, nil)
		}
		if c.moved != "" {
			return reply(req, http.StatusTemporaryRedirect, "Location: "+c.moved, nil)
		}
	case manifests && c.elsewhere != http.StatusOK:
		return reply(req, c.elsewhere, `WWW-Authenticate: Basic realm="x"`, nil)
	case !manifests && c.location != "":
		return reply(req, http.StatusTemporaryRedirect, "Location: "+c.location, nil)
	case !manifests:
		return reply(req, http.StatusOK, "", []byte(`{"token":"`+plantedToken+`","access_token":"`+plantedToken+`"}`))
	}
	return reply(req, http.StatusOK, fmt.Sprint(served, manifestDigest, "\nContent-Length: ", len(manifestBody)), []byte(manifestBody))
}

// TestConfinement: a credential goes to the registry that it is for, and to the
// realm that it names, over TLS unless certs.d says otherwise. Where a node would
// have sent it, the image is not verified, and never refused.
func TestConfinement(t *testing.T) {
	const (
		basic       = `Basic realm="x"`
		https       = `Bearer realm="https://auth.test/token"`
		plain       = `Bearer realm="http://auth.test/token"`
		cdn         = "https://cdn.test/v2/app/manifests/v1"
		sub         = "https://cdn.registry.test/v2/app/manifests/v1"
		down        = "http://registry.test/v2/app/manifests/v1"
		key         = "[header]\nX-Key = \"" + plantedToken + "\"\n"
		namedPlain  = "server = \"http://auth.test\"\n"
		namedSecure = "server = \"https://auth.test\"\n"
	)
	for name, c := range map[string]confinement{
		"Basic":                             {challenge: basic, want: Pullable},
		"realm with TLS":                    {challenge: https, want: Pullable},
		"realm without TLS":                 {challenge: plain, want: Untrusted, spared: []string{"http://auth.test"}},
		"realm without TLS, anonymous":      {challenge: plain, anonymous: true, want: Pullable},
		"realm without TLS, named":          {challenge: plain, certsD: map[string]string{"auth.test": namedPlain}, want: Pullable},
		"realm without TLS, named with TLS": {challenge: plain, certsD: map[string]string{"auth.test": namedSecure}, want: Untrusted, spared: []string{"http://auth.test"}},
		"realm without TLS, by _default":    {challenge: plain, certsD: map[string]string{"_default": "skip_verify = true\n"}, want: Untrusted, spared: []string{"http://auth.test"}},
		"realm of another scheme":           {challenge: `Bearer realm="ftp://auth.test/token"`, want: Untrusted, spared: []string{"ftp://auth.test"}},
		"realm that is the registry, no TLS": {challenge: `Bearer realm="http://registry.test/token"`, want: Untrusted,
			spared: []string{"http://registry.test"}},
		"realm that leads elsewhere":       {challenge: https, location: "https://thief.test/", want: Blocked, spared: []string{"https://thief.test"}},
		"realm that leads off TLS":         {challenge: https, location: "http://auth.test/", want: Blocked, spared: []string{"http://auth.test"}},
		"realm that leads to another port": {challenge: https, location: "https://auth.test:8443/", want: Blocked, spared: []string{"https://auth.test:8443"}},
		"redirect to a CDN":                {challenge: https, moved: cdn, elsewhere: 200, want: Pullable, spared: []string{"https://cdn.test"}},
		"redirect to a subdomain":          {challenge: https, moved: sub, elsewhere: 200, want: Pullable, spared: []string{"https://cdn.registry.test"}},
		"redirect to a subdomain, refused": {challenge: https, moved: sub, elsewhere: 403, want: Blocked, spared: []string{"https://cdn.registry.test"}},
		"redirect to a subdomain, missing": {challenge: basic, moved: sub, elsewhere: 404, want: Blocked, spared: []string{"https://cdn.registry.test"}},
		"redirect off TLS":                 {challenge: https, moved: down, elsewhere: 200, want: Pullable, spared: []string{"http://registry.test"}},
		"redirect off TLS, refused":        {challenge: https, moved: down, elsewhere: 401, want: Blocked, spared: []string{"http://registry.test"}},
		"redirect to one who challenges":   {moved: cdn, elsewhere: 401, want: Blocked, spared: []string{"https://cdn.test"}},
		"redirect to nothing":              {moved: cdn, elsewhere: 404, want: RegistryUnavailable}, // a node sends nothing there either, but that 404 is nobody's word
		"redirect with a key": {moved: cdn, elsewhere: 200, certsD: map[string]string{"registry.test": key}, want: Pullable,
			spared: []string{"https://cdn.test"}},
		"redirect with a key, refused": {moved: cdn, elsewhere: 403, certsD: map[string]string{"registry.test": key}, want: Blocked,
			spared: []string{"https://cdn.test"}},
		"realm without TLS, with a key": {challenge: plain, anonymous: true, certsD: map[string]string{"registry.test": key}, want: Untrusted,
			spared: []string{"http://auth.test"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, n := alone(t, c.answer)
			dir := t.TempDir()
			for host, toml := range c.certsD {
				registrytest.Map(t, dir, host, toml)
			}
			r.client = registry.NewClient(registry.Options{ConfigDir: dir, Wrap: func(http.RoundTripper) http.RoundTripper { return n }})
			pod := Pod{Credentials: credentials(t, plantedUser, plantedPassword)}
			if c.anonymous {
				pod.Credentials = NewCredentials("dev", nil)
			}
			v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, pod)
			if v.Reason != c.want {
				t.Errorf("%s: %s (%s), want %s", v.Reason, v.Message, v.Detail, c.want)
			}
			wantModest(t, v)
			for _, req := range n.requests {
				for _, host := range c.spared {
					if req.URL.Scheme+"://"+req.URL.Host == host && planted(fmt.Sprint(req.URL, req.Header, req.sent)) {
						t.Errorf("a secret goes to %s: %v %s", host, req.Header, req.sent)
					}
				}
			}
		})
	}
}
