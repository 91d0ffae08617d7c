package resolver

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/remotes/docker/auth"

	"github.com/pullgate/pullgate/resolver/registry"
)

// The credential and the token that must not go astray.
const (
	plantedUser     = "planted-user"
	plantedPassword = "planted+pass/word"
	plantedToken    = "planted-token"
)

// challenged is a registry that challenges, and everything around it that it may
// lead to.
type challenged struct {
	lines     []string // of WWW-Authenticate
	post, get int      // what token servers answer
	token     []byte
	location  string // where token servers send on to
	moved     string // where the registry sends those on whom it lets in
	final     int    // what the registry answers those
}

func (c challenged) answer(req *http.Request) *http.Response {
	switch {
	case req.URL.Host == "registry.test" && strings.HasPrefix(req.URL.Path, "/v2/"):
		switch {
		case req.Header.Get("Authorization") == "":
			return reply(req, http.StatusUnauthorized, "WWW-Authenticate: "+strings.Join(c.lines, "\nWWW-Authenticate: "), nil)
		case c.moved != "":
			return reply(req, http.StatusTemporaryRedirect, "Location: "+c.moved, nil)
		default:
			return reply(req, c.final, "Content-Type: "+manifestType+"\nDocker-Content-Digest: "+manifestDigest, []byte(manifestBody))
		}
	case strings.Contains(req.URL.Path, "/manifests/"):
		return reply(req, http.StatusUnauthorized, `WWW-Authenticate: Basic realm="x"`+"\n"+`WWW-Authenticate: Bearer realm="https://thief.test/token"`, nil)
	case req.Method == http.MethodPost:
		return reply(req, c.post, "Location: "+c.location, c.token)
	case req.Header.Get("Authorization") == "":
		// What anybody is given is no secret, and goes where a node sends it.
		return reply(req, c.get, "Location: "+c.location, bytes.ReplaceAll(c.token, []byte(plantedToken), []byte("public-token")))
	default:
		return reply(req, c.get, "Location: "+c.location, c.token)
	}
}

// may tells whether a credential may be sent with a request.
func (c challenged) may(req *http.Request) bool {
	if req.URL.Scheme != "https" {
		return false
	}
	if strings.EqualFold(req.URL.Host, "registry.test") {
		return true
	}
	header := http.Header{"Www-Authenticate": c.lines}
	for _, challenge := range auth.ParseAuthHeader(header) {
		if realm, err := url.Parse(challenge.Parameters["realm"]); err == nil && strings.EqualFold(strings.TrimSuffix(realm.Host, ":"), req.URL.Host) {
			return true
		}
	}
	return false
}

// FuzzChallenge answers with any WWW-Authenticate headers, token servers with any
// status, body and redirect, and the registry with any redirect: a credential
// goes to the registry and to the realm that it names alone, and only over TLS.
func FuzzChallenge(f *testing.F) {
	const realm = `Bearer realm="https://auth.test/token",service="s",scope="repository:app:pull"`
	good := []byte(`{"token":"` + plantedToken + `","access_token":"` + plantedToken + `","expires_in":60}`)
	for _, lines := range []string{
		realm, `Basic realm="x"`, "Basic\n" + realm, `Bearer realm="http://auth.test/token"`, `Bearer realm="https://registry.test/token"`,
		`Bearer realm="http://registry.test/token"`, `Bearer realm="https://auth.test:8443/token"`, `Bearer realm=""`, "Bearer", `Bearer realm="/token"`,
		realm + `,error="insufficient_scope"`, `Bearer realm="https://u:p@auth.test/"`, `Bearer realm="ftp://auth.test"`, `Bearer realm="\"`, "Negotiate\nDigest x", "",
		`Bearer realm="https://auth.test/` + strings.Repeat("a", 5000) + `"`, `Bearer realm="https://auth.test/v2/app/manifests/v1"`,
	} {
		f.Add(lines, uint16(0), uint16(0), good, "", "", uint16(0))
		f.Add(lines, uint16(201), uint16(0), good, "", "", uint16(201))
		f.Add(lines, uint16(107), uint16(107), good, "https://elsewhere.test/", "", uint16(0))
		f.Add(lines, uint16(107), uint16(107), good, "http://auth.test/token", "", uint16(0))
		f.Add(lines, uint16(0), uint16(0), good, "", "https://cdn.registry.test/v2/app/manifests/v1", uint16(0))
		f.Add(lines, uint16(0), uint16(0), good, "", "http://registry.test/v2/app/manifests/v1", uint16(0))
		f.Add(lines, uint16(303), uint16(303), []byte("<html>"), "", "", uint16(203))
	}
	f.Fuzz(func(t *testing.T, lines string, post, get uint16, token []byte, location, moved string, final uint16) {
		c := challenged{strings.Split(lines, "\n"), validStatus(post), validStatus(get), token, location, moved, validStatus(final)}
		r, n := alone(t, c.answer)
		v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: credentials(t, plantedUser, plantedPassword)})
		wantModest(t, v)
		for _, text := range []string{v.Message, v.Detail} {
			if planted(text) {
				t.Fatalf("the verdict tells a secret: %q", text)
			}
		}
		n.wantFew(t, maxChallengeRequests)
		passing := 0
		for _, req := range n.requests {
			if planted(fmt.Sprint(req.URL, req.Header, req.sent)) && !c.may(req.Request) {
				t.Fatalf("a credential goes to %s %s\n%+v\n%s", req.Method, req.URL, req.Header, req.sent)
			}
			if registry.PassingStatus(req.status) {
				passing++
			} else if req.status != http.StatusUnauthorized {
				passing = -1 << 16
			}
		}
		if passing > 0 && v.Class == ClassDefinite {
			t.Fatalf("nothing but what may pass, and yet %s: %s", v.Reason, v.Message)
		}
	})
}

// maxChallengeRequests: HEAD, GET, the list of tags and the try without a
// credential may each be asked five times with ten redirects, and each need a token.
const maxChallengeRequests = 4 * (5*(1+10) + 2*(1+10))

// planted tells whether a text holds the credential or the token.
func planted(text string) bool {
	for _, secret := range []string{plantedPassword, plantedToken} {
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret))} {
			if strings.Contains(text, form) {
				return true
			}
		}
	}
	return strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(plantedUser+":"+plantedPassword)))
}
