package scripted

import (
	"net/http"
	"strings"
)

// Side is who sends a request.
type Side string

// The sides.
const (
	Node     Side = "node"
	Pullgate Side = "pullgate"
	// SecondNode is a node that says so with SecondHeader.
	SecondNode Side = "second-node"
)

// SecondHeader is a header that a second node adds to each of its requests; for
// the rest it looks as the first one does.
const SecondHeader = "X-Second-Node"

// Sides are all of them.
func Sides() []Side { return []Side{Node, SecondNode, Pullgate} }

// sideOf tells by the User-Agent, or by a header. Only requests for tokens can't
// be told apart so, for pullgate has containerd's code ask for them; their path
// says it.
func sideOf(r *http.Request) Side {
	switch {
	case strings.HasPrefix(r.UserAgent(), "pullgate/"):
		return Pullgate
	case r.Header.Get(SecondHeader) != "":
		return SecondNode
	default:
		return Node
	}
}

// Request is one that reached a repository, or the token server on its behalf.
type Request struct {
	Side   Side
	Method string
	Path   string
	// Authorization is the scheme of the credential that came with it.
	Authorization string
	// User is the one of Basic.
	User   string
	Status int
}

func (s *script) record(side Side, r *http.Request, status int) {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	user, _, _ := r.BasicAuth()
	s.mu.Lock()
	defer s.mu.Unlock()
	// A loop of redirects, or a client gone mad, must not eat the memory.
	if len(s.requests) < maxRecorded {
		s.requests = append(s.requests, Request{Side: side, Method: r.Method, Path: r.URL.Path, Authorization: scheme, User: user, Status: status})
	}
}

const maxRecorded = 1000

// next counts the requests of one side and kind, from zero.
func (s *script) next(side Side, kind string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := string(side) + " " + kind
	n := s.counts[key]
	s.counts[key]++
	return n
}
