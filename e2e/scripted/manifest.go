package scripted

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

func (s *Server) serveRepository(w http.ResponseWriter, r *http.Request, t target, script *script) {
	b := script.behaviour
	if fronted(w, r, t, script) {
		return
	}
	if b.Headers.Version {
		w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	}
	if !pass(w, b, b.Gate.at(script.next(t.side, "gate"))) {
		return
	}
	if t.hop == 0 && !s.admit(w, r, t, b.Auth) {
		return
	}
	switch {
	case t.kind == "tags":
		w.Header().Set("Content-Type", "application/json")
		_, repository, _ := strings.Cut(t.name, "/")
		_, _ = fmt.Fprintf(w, `{"name":%q,"tags":[%q]}`, repository, script.tag())
	case t.kind == "blobs":
		script.serveBlob(w, r, t)
	case b.Redirect.Hops < 0 || t.hop < b.Redirect.Hops:
		redirect(w, r, t, b.Redirect)
	case b.Redirect.Signed && t.hop > 0 && r.Method == http.MethodHead:
		storePage(http.StatusForbidden, "SignatureDoesNotMatch").send(w, r)
	default:
		script.serveManifest(w, r, t)
	}
}

// pass answers with a status that is not 2xx, and reports whether it did not.
func pass(w http.ResponseWriter, b Behaviour, status int) bool {
	switch {
	case status == Drop:
		drop(w)
		return false
	case status >= 200 && status < 300:
		return true
	case b.Headers.RetryAfter != "" && (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable):
		w.Header().Set("Retry-After", b.Headers.RetryAfter)
	}
	refuse(w, status, errorCode(status))
	return false
}

func errorCode(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "UNAUTHORIZED"
	case http.StatusForbidden:
		return "DENIED"
	case http.StatusNotFound:
		return "MANIFEST_UNKNOWN"
	case http.StatusTooManyRequests:
		return "TOOMANYREQUESTS"
	default:
		return "UNKNOWN"
	}
}

// refuse answers with a status and, where the code is not empty, an error list.
func refuse(w http.ResponseWriter, status int, code string) {
	if code == "" {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"errors":[{"code":%q,"message":"as scripted"}]}`, code)
}

func redirect(w http.ResponseWriter, r *http.Request, t target, to Redirect) {
	status := to.Status
	if status == 0 {
		status = http.StatusTemporaryRedirect
	}
	location := fmt.Sprintf("/hop/%d/%s/%s/%s", t.hop+1, t.name, t.kind, t.rest)
	if r.URL.RawQuery != "" {
		location += "?" + r.URL.RawQuery
	}
	w.Header().Set("Location", location)
	w.WriteHeader(status)
}

func (s *script) serveManifest(w http.ResponseWriter, r *http.Request, t target) {
	b := s.behaviour
	byDigest := strings.Contains(t.rest, ":")
	statuses, kind := b.Get, "get"
	switch {
	case r.Method == http.MethodHead:
		statuses, kind = b.Head, "head"
	case byDigest:
		statuses, kind = b.Fetch, "fetch"
	}
	d, ok := s.root, true
	if byDigest {
		d, ok = s.documents[t.rest]
		if own := d.statuses(r.Method); own != nil {
			statuses, kind = own, r.Method+" "+t.rest
		}
	}
	if !pass(w, b, statuses.at(s.next(t.side, kind))) {
		return
	}
	if byDigest {
		if !ok || d.kind != "manifest" {
			refuse(w, http.StatusNotFound, "MANIFEST_UNKNOWN")
			return
		}
	} else if t.rest != s.tag() {
		refuse(w, http.StatusNotFound, "MANIFEST_UNKNOWN")
		return
	}
	s.sendManifest(w, r, d, byDigest)
}

func (s *script) tag() string { return cmp.Or(s.behaviour.Tag, "v1") }

func (s *script) sendManifest(w http.ResponseWriter, r *http.Request, d document, byDigest bool) {
	b, header := s.behaviour, w.Header()
	body := d.body
	switch b.Body {
	case "other":
		body = append([]byte(" "), body...) // The same JSON, and another digest.
	case "html":
		body = []byte("<html>Log in first</html>")
	case "empty":
		body = nil
	}
	mediaType := cmp.Or(d.serves, b.Headers.Type, string(d.mediaType))
	if byDigest && r.Method != http.MethodHead {
		mediaType = cmp.Or(b.Headers.FetchType, mediaType)
	}
	header["Content-Type"] = nil // Or net/http guesses.
	if mediaType != Absent {
		header.Set("Content-Type", mediaType)
	}
	switch b.Headers.Digest {
	case "":
		header.Set("Docker-Content-Digest", d.digest.String())
	case Wrong:
		header.Set("Docker-Content-Digest", "sha256:"+strings.Repeat("b", 64))
	case Invalid:
		header.Set("Docker-Content-Digest", "sha256:x")
	}
	switch length := b.Headers.Length; {
	case length == Absent:
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush() // Chunked from here on.
	case r.Method != http.MethodHead:
		header.Set("Content-Length", strconv.Itoa(len(body)))
	case length == Big:
		header.Set("Content-Length", strconv.Itoa(8<<20))
	default:
		header.Set("Content-Length", strconv.FormatInt(max(0, Size(length).of(len(d.body))), 10))
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
