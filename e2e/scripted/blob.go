package scripted

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Blobs say how configs and layers are had, beyond whether they are there.
type Blobs struct {
	// Head are the statuses of HEAD for any blob; without them HEAD is answered
	// as GET is.
	Head Statuses `json:"head,omitempty"`
	// Length is the Content-Length of HEAD.
	Length Size `json:"length,omitempty"`
	// Redirect sends requests for blobs to an object store: Serving, Signed or
	// Empty.
	Redirect string `json:"redirect,omitempty"`
}

// The object stores of Blobs.Redirect. One that is Signed answers the URL for
// GET alone, and one that is Empty has nothing.
const (
	Serving = "serving"
	Signed  = "signed"
	Empty   = "empty"
)

// storePage is how an object store refuses.
func storePage(status int, code string) Page {
	return Page{
		Status: status, Type: "application/xml", Header: []string{"Server: AmazonS3"},
		Body: fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>`+"\n<Error><Code>%s</Code><Message>as scripted</Message></Error>", code),
	}
}

func (s *script) serveBlob(w http.ResponseWriter, r *http.Request, t target) {
	d, ok := s.documents[t.rest]
	if !ok || d.kind == "manifest" && !s.behaviour.AsBlob {
		refuse(w, http.StatusNotFound, "BLOB_UNKNOWN")
		return
	}
	blobs := s.behaviour.Blobs
	if t.hop > 0 && !fromStore(w, r, blobs) {
		return
	}
	// Each method has its sequence from the start: nodes never send HEAD.
	statuses, kind := d.get, r.Method+" "+d.digest.String()
	if r.Method == http.MethodHead && blobs.Head != nil {
		statuses, kind = blobs.Head, "HEAD blob"
	}
	if t.hop == 0 && !pass(w, s.behaviour, statuses.at(s.next(t.side, kind))) {
		return
	}
	if blobs.Redirect != "" && t.hop == 0 {
		redirect(w, r, t, Redirect{})
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Docker-Content-Digest", d.digest.String())
	length := int64(len(d.body))
	if r.Method == http.MethodHead {
		length = max(0, blobs.Length.of(len(d.body)))
	}
	header.Set("Content-Length", strconv.FormatInt(length, 10))
	if r.Method != http.MethodHead {
		_, _ = w.Write(d.body)
	}
}

// fromStore reports whether the object store gives what it is asked for.
func fromStore(w http.ResponseWriter, r *http.Request, b Blobs) bool {
	switch {
	case b.Redirect == Empty:
		storePage(http.StatusNotFound, "NoSuchKey").send(w, r)
		return false
	case b.Redirect == Signed && r.Method == http.MethodHead:
		storePage(http.StatusForbidden, "SignatureDoesNotMatch").send(w, r)
		return false
	default:
		return true
	}
}

// foreignPath is where layers are that a manifest names a URL for.
const foreignPath = "/foreign/"

// serveForeign is a server of layers beside the registry: one path for those
// that it has, and all others are missing.
func (s *Server) serveForeign(w http.ResponseWriter, r *http.Request) {
	name, digest, found := cutLast(strings.TrimPrefix(r.URL.Path, foreignPath))
	script := s.script(name)
	if !found || script == nil {
		refuse(w, http.StatusNotFound, "")
		return
	}
	d, ok := script.documents[digest]
	if !ok {
		refuse(w, http.StatusNotFound, "")
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.Itoa(len(d.body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(d.body)
	}
}

func cutLast(path string) (before, after string, found bool) {
	i := strings.LastIndex(path, "/")
	if i < 0 {
		return "", "", false
	}
	return path[:i], path[i+1:], true
}
