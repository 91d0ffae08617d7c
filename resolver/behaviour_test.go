package resolver

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/opencontainers/go-digest"
)

// The behaviours of registries that docs/conformance.md numbers, each
// scripted, and the verdict that a node's pull would justify.

const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	manifestBody = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}`
	otherDigest  = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

var manifestDigest = digest.FromString(manifestBody).String()

// manifest answers HEAD and GET as a well-behaved registry does, with headers
// set anew or, if empty, left out.
func manifest(w http.ResponseWriter, r *http.Request, headers ...string) {
	h := map[string]string{
		"Content-Type":          manifestType,
		"Docker-Content-Digest": manifestDigest,
		"Content-Length":        fmt.Sprint(len(manifestBody)),
	}
	for i := 0; i+1 < len(headers); i += 2 {
		h[headers[i]] = headers[i+1]
	}
	for k, v := range h {
		if v != "" {
			w.Header().Set(k, v)
		} else {
			w.Header()[k] = nil // or net/http guesses a Content-Type
		}
	}
	if r.Method == http.MethodGet {
		io.WriteString(w, manifestBody)
	}
}

// status answers with a status as a registry does, and an error list.
func status(w http.ResponseWriter, code int, errorCode string) {
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	w.WriteHeader(code)
	if errorCode != "" {
		fmt.Fprintf(w, `{"errors":[{"code":%q,"message":"as scripted"}]}`, errorCode)
	}
}

// always answers every request with a status.
func always(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { status(w, code, "") }
}

// headFails answers HEAD with a status, and GET with the manifest.
func headFails(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(code)
			return
		}
		manifest(w, r)
	}
}

// firstThen answers the first n requests with a status.
func firstThen(n, code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if n--; n >= 0 {
			w.WriteHeader(code)
			return
		}
		manifest(w, r)
	}
}

// basic demands Basic authentication of u:p.
func basic(w http.ResponseWriter, r *http.Request) {
	if user, pass, _ := r.BasicAuth(); user == "u" && pass == "p" {
		manifest(w, r)
		return
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
	status(w, http.StatusUnauthorized, "UNAUTHORIZED")
}

// bearer demands the token "good", which the realm /token gives out as told.
func bearer(tokens http.HandlerFunc, challenges ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/token":
			tokens(w, r)
		case r.Header.Get("Authorization") == "Bearer good":
			manifest(w, r)
		default:
			if len(challenges) == 0 {
				challenges = []string{`Bearer realm="http://` + r.Host + `/token",service="test"`}
			}
			for _, c := range challenges {
				w.Header().Add("WWW-Authenticate", strings.ReplaceAll(c, "HOST", r.Host))
			}
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
}

func giveToken(w http.ResponseWriter, _ *http.Request) {
	io.WriteString(w, `{"token":"good","access_token":"good"}`)
}

// tokenPost answers POST with a status and gives the token to GET.
func tokenPost(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			status(w, code, "")
			return
		}
		giveToken(w, r)
	}
}

// redirect sends to /hop/1, /hop/2, … and answers at the n-th hop.
func redirect(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var at int
		fmt.Sscanf(r.URL.Path, "/hop/%d", &at)
		if at == n {
			manifest(w, r)
			return
		}
		http.Redirect(w, r, fmt.Sprintf("/hop/%d", at+1), http.StatusTemporaryRedirect)
	}
}

func TestBehaviours(t *testing.T) {
	none := (*Credentials)(nil)
	good := credentials(t, "u", "p")
	bad := credentials(t, "u", "wrong")
	emptyPassword := credentials(t, "u", "")

	for name, tc := range map[string]struct {
		registry http.HandlerFunc
		creds    *Credentials
		ref      string // "registry.test/app:v1" if empty
		want     Reason
		says     string
	}{
		"open":                             {registry: func(w http.ResponseWriter, r *http.Request) { manifest(w, r) }, want: Pullable},
		"by digest, another in HEAD (C10)": {registry: func(w http.ResponseWriter, r *http.Request) { manifest(w, r, "Docker-Content-Digest", otherDigest) }, ref: "registry.test/app@" + manifestDigest, want: Pullable},
		"absent digest (C09)":              {registry: always(404), ref: "registry.test/app@" + otherDigest, want: ImageNotFound, says: "its digest does not exist"},
		"bad credential, challenge (C14)":  {registry: basic, creds: bad, want: Unauthorized, says: `refuses the credentials of Secret "regcred"`},
		"bad credential, unasked (C15)":    {registry: func(w http.ResponseWriter, r *http.Request) { manifest(w, r) }, creds: bad, want: Pullable},
		"private, none (C16)":              {registry: basic, want: Unauthorized, says: "names imagePullSecrets"},
		"private, good":                    {registry: basic, creds: good, want: Pullable},
		"empty password, Basic (C38)":      {registry: basic, creds: emptyPassword, want: Unauthorized},

		"ping fails (C55)": {registry: func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v2/" {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			manifest(w, r)
		}, want: Pullable},
		"ping open, manifests Bearer (C56)": {registry: func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v2/" {
				return
			}
			bearer(giveToken)(w, r)
		}, want: Pullable},
		"HEAD 405 (C57)":  {registry: headFails(405), want: Pullable},
		"HEAD 404 (C58)":  {registry: headFails(404), want: ImageNotFound, says: "a node asks with HEAD"},
		"HEAD 400 (C58)":  {registry: headFails(400), want: UnsupportedManifest, says: "400 Bad Request"},
		"HEAD 403 (C58)":  {registry: headFails(403), want: Unauthorized},
		"HEAD 406 (C58)":  {registry: headFails(406), want: UnsupportedManifest},
		"HEAD 501 (C58)":  {registry: headFails(501), want: UnsupportedManifest},
		"no digest (C59)": {registry: func(w http.ResponseWriter, r *http.Request) { manifest(w, r, "Docker-Content-Digest", "") }, want: Pullable},
		"no length (C59)": {registry: func(w http.ResponseWriter, r *http.Request) {
			manifest(w, r, "Content-Length", "")
			w.(http.Flusher).Flush() // chunked
		}, want: Pullable},
		"no digest, no JSON": {registry: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", manifestType)
			_, _ = w.Write([]byte{0x9f, '{', 0})
		}, want: RegistryUnavailable, says: "cannot be understood"},
		"digest that is none":   {registry: func(w http.ResponseWriter, r *http.Request) { manifest(w, r, "Docker-Content-Digest", "sha256:x") }, want: UnsupportedManifest, says: "no digest"},
		"no Content-Type (C60)": {registry: func(w http.ResponseWriter, r *http.Request) { manifest(w, r, "Content-Type", "") }, want: UnsupportedManifest, says: "without a Content-Type"},
		"text/html (C60)": {registry: func(w http.ResponseWriter, r *http.Request) {
			manifest(w, r, "Content-Type", "text/html; charset=utf-8")
		}, want: RegistryUnavailable, says: `"text/html"`},
		"octet-stream (C60)": {registry: func(w http.ResponseWriter, r *http.Request) {
			manifest(w, r, "Content-Type", "application/octet-stream")
		}, want: UnsupportedManifest},
		"type with parameters": {registry: func(w http.ResponseWriter, r *http.Request) {
			manifest(w, r, "Content-Type", manifestType+"; charset=utf-8")
		}, want: Pullable},
		"401, no challenge (C61)": {registry: always(401), want: Unauthorized},
		"Negotiate only (C61)": {registry: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", "Negotiate")
			status(w, 401, "")
		}, want: Unauthorized},
		"token POST 400 (C62)":  {registry: bearer(tokenPost(400)), creds: good, want: Pullable},
		"token POST 401 (C62)":  {registry: bearer(tokenPost(401)), creds: good, want: Pullable},
		"token POST 404 (C62)":  {registry: bearer(tokenPost(404)), creds: good, want: Pullable},
		"token POST 405 (C62)":  {registry: bearer(tokenPost(405)), creds: good, want: Pullable},
		"token POST 403 (C63)":  {registry: bearer(tokenPost(403)), creds: good, want: Unauthorized, says: "token server answers 403"},
		"token POST 415 (C63)":  {registry: bearer(tokenPost(415)), creds: good, want: Unauthorized},
		"token POST 500 (C63)":  {registry: bearer(tokenPost(500)), creds: good, want: RegistryUnavailable, says: "token server answers 500"},
		"token server 429":      {registry: bearer(always(429)), creds: good, want: RateLimited},
		"token nonsense":        {registry: bearer(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }), want: RegistryUnavailable},
		"two challenges (C64)":  {registry: bearer(giveToken, `Basic realm="x"`, `Bearer realm="http://HOST/token"`), want: Pullable},
		"one line of two (C65)": {registry: bearer(giveToken, `Basic realm="x", Bearer realm="http://HOST/token"`), want: Unauthorized},
		"403 (C67)": {registry: func(w http.ResponseWriter, _ *http.Request) { status(w, 403, "DENIED") },
			want: Unauthorized, says: `the registry says "DENIED: as scripted"`},
		"429 four times (C68)": {registry: firstThen(4, 429), want: Pullable},
		"429 always (C68)":     {registry: always(429), want: RateLimited},
		"503 once (C69)":       {registry: firstThen(1, 503), want: Pullable},
		"503 twice (C69)":      {registry: firstThen(2, 503), want: RegistryUnavailable, says: "503 Service Unavailable"},
		"502 once (C69)":       {registry: firstThen(1, 502), want: RegistryUnavailable},
		"407, a proxy's":       {registry: always(407), want: RegistryUnavailable},
		"451":                  {registry: always(451), want: UnsupportedManifest, says: "451 Unavailable For Legal Reasons"},
		"410":                  {registry: always(410), want: ImageNotFound},
		"405 after 429 four times (C95)": {registry: func() http.HandlerFunc {
			stumbles := firstThen(4, 429)
			return func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodHead {
					rec := httptest.NewRecorder()
					if stumbles(rec, r); rec.Code != http.StatusOK {
						w.WriteHeader(rec.Code)
						return
					}
					w.WriteHeader(http.StatusMethodNotAllowed)
					return
				}
				manifest(w, r)
			}
		}(), want: RegistryUnavailable, says: "429 Too Many Requests, and then 405"},
		"one redirect (C70)":  {registry: redirect(1), want: Pullable},
		"nine redirects":      {registry: redirect(9), want: Pullable},
		"redirect loop (C70)": {registry: redirect(-1), want: UnsupportedManifest, says: "redirects in a loop"},
		"schema 1 (C81)": {registry: func(w http.ResponseWriter, r *http.Request) {
			manifest(w, r, "Content-Type", "application/vnd.docker.distribution.manifest.v1+prettyjws")
		}, want: UnsupportedManifest, says: "schema 1"},
		"text/plain (C81)": {registry: func(w http.ResponseWriter, r *http.Request) { manifest(w, r, "Content-Type", "text/plain") },
			want: UnsupportedManifest, says: "schema 1"},
		"too large (C82)": {registry: func(w http.ResponseWriter, r *http.Request) {
			manifest(w, r, "Content-Length", fmt.Sprint(docker.MaxManifestSize+1))
		}, want: UnsupportedManifest, says: "more than the"},
		"no digest, large length (C88)": {registry: func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				manifest(w, r, "Docker-Content-Digest", "", "Content-Length", "8388608")
				return
			}
			manifest(w, r)
		}, want: Pullable},
		"endless body": {registry: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", manifestType)
			w.(http.Flusher).Flush()
			for r.Method == http.MethodGet {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}, want: UnsupportedManifest, says: "larger than"},
		"endless headers": {registry: func(w http.ResponseWriter, _ *http.Request) {
			for i := range 2000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 100))
			}
		}, want: RegistryUnavailable},
		"garbage for HTTP": {registry: func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			io.WriteString(conn, "220 smtp.example.com ESMTP\r\n")
			conn.Close()
		}, want: RegistryUnavailable},
		"repository unknown": {registry: func(w http.ResponseWriter, _ *http.Request) { status(w, 404, "NAME_UNKNOWN") },
			want: RepositoryNotFound, says: `repository "app" does not exist`},
		"repository unknown to the tag list only": {registry: func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/tags/list") {
				status(w, 404, "NAME_UNKNOWN")
				return
			}
			status(w, 404, "MANIFEST_UNKNOWN")
		}, want: RepositoryNotFound},
		"hostile error list": {registry: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(403)
			fmt.Fprintf(w, `{"errors":[{"code":"X\n\u001b[31m","message":%q}]}`, strings.Repeat("y", 5000))
		}, want: Unauthorized, says: `\n\x1b[31m`},
	} {
		runInBubble(t, name, func(t *testing.T) {
			r, _ := serve(t, tc.registry)
			creds, ref := tc.creds, tc.ref
			if creds == none {
				creds = NewCredentials("dev", nil)
			}
			if ref == "" {
				ref = "registry.test/app:v1"
			}
			v := r.Check(t.Context(), Image{Reference: ref}, Pod{Credentials: creds})
			if v.Reason != tc.want {
				t.Fatalf("%s %q (%s), want %s", v.Reason, v.Message, v.Detail, tc.want)
			}
			if !strings.Contains(v.Message, tc.says) {
				t.Errorf("says %q, want %q in it", v.Message, tc.says)
			}
			if len(v.Message) > 400 || strings.ContainsFunc(v.Message, func(r rune) bool { return r < ' ' }) {
				t.Errorf("unfit to print: %q", v.Message)
			}
		})
	}
}
