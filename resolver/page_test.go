package resolver

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// page answers as a front end does: a status, a media type and a body, and nothing
// that a registry puts on its answers.
func page(code int, mediaType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = nil // or net/http guesses one
		if mediaType != "" {
			w.Header().Set("Content-Type", mediaType)
		}
		w.WriteHeader(code)
		if r.Method != http.MethodHead {
			io.WriteString(w, body)
		}
	}
}

// by answers HEAD and GET in two ways.
func by(head, get http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			head(w, r)
			return
		}
		get(w, r)
	}
}

// TestWhoseWord: a refusal is definite only if it is the registry's. What a front
// end says to pullgate it may not say to a node (B03, B11, B15).
func TestWhoseWord(t *testing.T) {
	const list = `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}`
	gone := 0
	for name, tc := range map[string]struct {
		registry http.HandlerFunc
		login    bool
		want     Reason
		says     string
	}{
		"403 page":               {page(403, "text/html", "<html>"), false, RegistryUnavailable, "it answers 403 Forbidden with a page of \"text/html\": something in front of it refuses pullgate"},
		"403 page, login":        {page(403, "text/html; charset=utf-8", "<html>"), true, RegistryUnavailable, "text/html"},
		"404 of a router":        {page(404, "text/plain; charset=utf-8", "404 page not found\n"), false, RegistryUnavailable, "404 Not Found"},
		"400 of mutual TLS":      {page(400, "text/html", "No required SSL certificate was sent"), false, RegistryUnavailable, "400 Bad Request"},
		"401 page":               {page(401, "text/html", "<html>"), false, RegistryUnavailable, ""},
		"405 page":               {page(405, "text/html", "<html>"), false, RegistryUnavailable, ""},
		"406 page":               {page(406, "text/html", "<html>"), false, RegistryUnavailable, ""},
		"410 page":               {page(410, "text/html", "<html>"), false, RegistryUnavailable, ""},
		"451 page":               {page(451, "text/html", "<html>"), false, RegistryUnavailable, ""},
		"501 page":               {page(501, "text/html", "<html>"), false, RegistryUnavailable, ""},
		"403 of an object store": {page(403, "application/xml", "<Error/>"), false, RegistryUnavailable, "application/xml"},
		"403 of an API gateway":  {page(403, "application/json", `{"message":"Forbidden"}`), false, RegistryUnavailable, "without a registry's error list"},
		"404 without anything":   {page(404, "", ""), false, RegistryUnavailable, "without a registry's error list"},
		"an empty list":          {page(404, "application/json", `{"errors":[]}`), false, RegistryUnavailable, ""},
		"a list of nothing":      {page(404, "application/json", `{"errors":[{}]}`), false, RegistryUnavailable, ""},
		"200 page":               {page(200, "text/html", "<html>"), false, RegistryUnavailable, "page of type"},
		"200 of an API gateway":  {page(200, "application/json", `{"message":"down for maintenance"}`), false, RegistryUnavailable, "page of type"},
		"page to HEAD alone":     {by(page(404, "text/html", ""), open), false, RegistryUnavailable, ""},
		"page for one request": {func(w http.ResponseWriter, r *http.Request) {
			if gone++; gone == 1 {
				page(404, "text/plain", "404 page not found")(w, r)
				return
			}
			open(w, r)
		}, false, RegistryUnavailable, ""},
		"login page by a redirect": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/login" {
				page(200, "text/html", "<html>")(w, r)
				return
			}
			http.Redirect(w, r, "/login", http.StatusFound)
		}, false, RegistryUnavailable, ""},
		"ban by a token server":      {bearer(page(403, "text/plain", "banned")), true, RegistryUnavailable, "its token server answers 403 Forbidden with a page of \"text/plain\""},
		"ban without login":          {bearer(page(403, "text/plain", "banned")), false, RegistryUnavailable, "its token server"},
		"404 of a token server":      {bearer(page(404, "text/html", "<html>")), true, RegistryUnavailable, "its token server"},
		"401 page of a token server": {bearer(page(401, "text/html", "<html>")), true, RegistryUnavailable, "its token server"},

		// What registries say stays definite, in whatever form they say it.
		"404 with a list":               {page(404, "application/json", list), false, ImageNotFound, ""},
		"404 with a list as text":       {page(404, "text/plain", list), false, ImageNotFound, ""},
		"404 with the version's header": {by(versioned(page(404, "", "")), page(404, "", "")), false, ImageNotFound, ""},
		"page, then a list":             {by(page(404, "text/html", ""), page(404, "application/json", list)), false, ImageNotFound, ""},
		"bare, then a list (old Nexus)": {by(page(404, "", ""), page(404, "application/json", list)), false, ImageNotFound, ""},
		"page to HEAD alone, bare":      {by(page(403, "", ""), open), false, RegistryUnavailable, ""},
		"bare, then served (C58)":       {by(page(404, "", ""), open), false, ImageNotFound, "a node asks with HEAD"},
		"401 with a list":               {page(401, "application/json", `{"errors":[{"code":"UNAUTHORIZED"}]}`), false, Unauthorized, ""},
		"401 of nginx":                  {withChallenge(page(401, "text/html", "<html>")), true, Unauthorized, "refuses the credentials"},
		"401 of a token server, text":   {bearer(withChallenge(page(401, "text/plain", "Auth failed."))), true, Unauthorized, ""},
		"401 of a token server, JSON":   {bearer(page(401, "application/json", `{"details":"incorrect username or password"}`)), true, Unauthorized, ""},
		"403 of a token server, JSON":   {bearer(page(403, "application/json", `{"errors":[{"code":"DENIED"}]}`)), true, Unauthorized, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := serve(t, tc.registry)
			creds := NewCredentials("dev", nil)
			if tc.login {
				creds = credentials(t, "u", "p")
			}
			v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: creds})
			if v.Reason != tc.want || !strings.Contains(v.Message, tc.says) {
				t.Errorf("%s %q (%s), want %s with %q", v.Reason, v.Message, v.Detail, tc.want, tc.says)
			}
		})
	}
}

func versioned(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
		next(w, r)
	}
}

func withChallenge(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		next(w, r)
	}
}

// TestPagesDoNotOpenTheBreaker: a page for one image keeps nobody from asking for
// others.
func TestPagesDoNotOpenTheBreaker(t *testing.T) {
	r, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/app/") {
			open(w, r)
			return
		}
		page(403, "text/html", "<html>")(w, r)
	})
	for n := range 2 * failuresToOpen {
		r.Check(t.Context(), Image{Reference: fmt.Sprintf("registry.test/blocked-%d:v1", n)}, Pod{Credentials: NewCredentials("dev", nil)})
	}
	if v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)}); v.Reason != Pullable {
		t.Errorf("%s %q, want Pullable", v.Reason, v.Message)
	}
}

// TestHeadSignedForGet: HEAD is redirected to an object store by an address that is
// signed for GET. That is for good, and no credential helps (B17).
func TestHeadSignedForGet(t *testing.T) {
	store := httptest.NewServer(page(403, "application/xml", "<Error/>"))
	t.Cleanup(store.Close)
	dir, _ := registrytest.Serve(t, "registry.test", by(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, store.URL, http.StatusTemporaryRedirect)
	}, open))
	registrytest.Map(t, dir, strings.TrimPrefix(store.URL, "http://"), fmt.Sprintf("server = %q\n", store.URL))
	config := patient()
	config.Registries.ConfigDir = dir
	v := newResolver(t, config).Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
	if v.Reason != UnsupportedManifest || !strings.Contains(v.Message, "redirects HEAD to") || strings.Contains(v.Message, "pull Secret") {
		t.Errorf("%s %q (%s), want UnsupportedManifest, and no word of Secrets", v.Reason, v.Message, v.Detail)
	}
}
