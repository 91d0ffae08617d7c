package resolver

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A registry that sends back what it was sent, in a body, an error list, a
// redirect or a reason phrase: neither the user nor the log gets it.
func TestNothingComesBack(t *testing.T) {
	const listed = `{"errors":[{"code":"DENIED","message":"ECHO","detail":"ECHO"}]}`
	for name, status := range map[string]int{"refused": 403, "missing": 404, "failing": 502, "odd": 418} {
		for form, echo := range map[string]func(*http.Request) string{
			"header":   func(req *http.Request) string { return "you sent Authorization: " + req.Header.Get("Authorization") },
			"encoded":  func(req *http.Request) string { return strings.TrimPrefix(req.Header.Get("Authorization"), "Basic ") },
			"password": func(*http.Request) string { return "wrong password " + plantedPassword },
			"query":    func(*http.Request) string { return "wrong password " + url.QueryEscape(plantedPassword) },
		} {
			for _, body := range []string{"ECHO", listed} {
				r, n := alone(t, func(req *http.Request) *http.Response {
					if req.Header.Get("Authorization") == "" {
						return reply(req, http.StatusUnauthorized, `WWW-Authenticate: Basic realm="x"`, nil)
					}
					said := echo(req)
					return reply(req, status, "X-Echo: "+said, []byte(strings.ReplaceAll(body, "ECHO", said)))
				})
				v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: credentials(t, plantedUser, plantedPassword)})
				if planted(v.Message) || planted(v.Detail) {
					t.Errorf("%s, %s: %q, %q", name, form, v.Message, v.Detail)
				}
				if !n.carried() {
					t.Errorf("%s, %s: the registry was never sent the password", name, form)
				}
			}
		}
	}
}

// carried tells whether the credential was sent at all.
func (n *network) carried() bool {
	for _, req := range n.requests {
		if planted(fmt.Sprint(req.Header, req.sent)) {
			return true
		}
	}
	return false
}

func TestScrub(t *testing.T) {
	secrets := []string{`u:p"ss/word+`, `p"ss/word+`}
	for text, want := range map[string]string{
		"nothing in it":                         "nothing in it",
		`wrong password p"ss/word+`:             "wrong password [redacted]",
		`wrong password p\"ss/word+`:            "wrong password [redacted]",
		"wrong password p%22ss%2Fword%2B":       "wrong password [redacted]",
		"Basic dTpwInNzL3dvcmQr":                "Basic [redacted]",
		"hex 7022 70227373" + "2f776f72642b":    "hex 7022 [redacted]",
		"authorization: Bearer abcdefghijk.lm":  "authorization: Bearer [redacted]",
		"token eyJhbGciOi.eyJzdWIi.c2ln is old": "token [redacted] is old",
		"basic auth is needed":                  "basic auth is needed",
	} {
		if got := scrub(text, secrets); got != want {
			t.Errorf("scrub(%q) = %q, want %q", text, got, want)
		}
	}
	if got := scrub("a man a plan", []string{"a"}); got != "a man a plan" {
		t.Errorf("a short password is taken out of %q", got)
	}
}

func TestDetail(t *testing.T) {
	for text, want := range map[string]string{
		`Get "https://cdn.test/x?X-Signature=abc&y=z": EOF`: `Get "https://cdn.test/x?…" EOF`,
		"two\nlines\x1b[31m\xff":                            "two lines?[31m?",
	} {
		if got := redact(errors.New(text)); got != want {
			t.Errorf("redact(%q) = %q, want %q", text, got, want)
		}
	}
	long := redact(fmt.Errorf("%s: %w", strings.Repeat("x", 1<<20), io.EOF))
	if len(long) > maxDetail {
		t.Errorf("%d bytes", len(long))
	}
}
