package scripted

import (
	"net/http"
	"strconv"
	"strings"
)

// Front answers in the place of a registry or of its token server: a proxy, a
// firewall, whoever stands before it. It says as well how a registry refuses
// that has words of its own.
type Front struct {
	Page Page `json:"page,omitzero"`
	// At is what it stands before: the whole registry if empty, or AtManifests,
	// AtBlobs or AtToken.
	At string `json:"at,omitempty"`
	// Only is the one method that it answers, all if empty.
	Only string `json:"only,omitempty"`
	// Sees is who gets to see it: everybody if empty, or SeesPullgate or
	// SeesNodes.
	Sees string `json:"sees,omitempty"`
	// First is for how many requests of each client it stands there, of the same
	// method and for the same thing; for good if zero. pullgate asks for more than
	// nodes do, and must not be the first to see the end of it.
	First int `json:"first,omitempty"`
}

// Values of fields of Front.
const (
	AtManifests  = "manifests"
	AtBlobs      = "blobs"
	AtToken      = "token"
	SeesPullgate = "pullgate"
	SeesNodes    = "nodes"
)

// Page is an answer as it stands.
type Page struct {
	// Status is an HTTP status, or Drop.
	Status int `json:"status,omitempty"`
	// Type is the Content-Type, none if empty.
	Type string `json:"type,omitempty"`
	Body string `json:"body,omitempty"`
	// Header are further header lines, as in "Location: /login".
	Header []string `json:"header,omitempty"`
}

// LoginPath is that of a page for people, as a redirect to a log-in leads to.
const LoginPath = "/login"

const loginBody = "<!DOCTYPE html><html><head><title>Log in</title></head><body><form></form></body></html>"

// fronted answers with the first front that stands before what is asked for.
func fronted(w http.ResponseWriter, r *http.Request, t target, script *script) bool {
	for i, f := range script.behaviour.Front {
		if !f.answers(r, t) {
			continue
		}
		if f.First > 0 && script.next(t.side, "front "+strconv.Itoa(i)+" "+r.Method+" "+r.URL.Path) >= f.First {
			continue
		}
		f.Page.send(w, r)
		return true
	}
	return false
}

func (f Front) answers(r *http.Request, t target) bool {
	at := t.kind
	if t.token {
		at = AtToken
	}
	switch {
	case f.Page.Status == 0:
		return false
	case f.At == "" && t.token, f.At != "" && f.At != at:
		return false
	case f.Only != "" && f.Only != r.Method:
		return false
	case f.Sees == SeesPullgate:
		return t.side == Pullgate
	case f.Sees == SeesNodes:
		return t.side != Pullgate
	default:
		return true
	}
}

func (p Page) send(w http.ResponseWriter, r *http.Request) {
	if p.Status == Drop {
		drop(w)
		return
	}
	header := w.Header()
	for _, line := range p.Header {
		name, value, _ := strings.Cut(line, ":")
		header.Add(name, strings.TrimSpace(value))
	}
	header["Content-Type"] = nil // Or net/http guesses.
	if p.Type != "" {
		header.Set("Content-Type", p.Type)
	}
	header.Set("Content-Length", strconv.Itoa(len(p.Body)))
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(p.Body))
	}
}
