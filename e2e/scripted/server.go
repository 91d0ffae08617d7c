package scripted

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options says where to listen.
type Options struct {
	// Plain are the addresses that speak HTTP; one of loopback's if empty.
	Plain []string
	// TLS are those that speak HTTPS, with certificates of the CA.
	TLS []string
	// PrivateRealm and ClosedRealm are the hosts, with ports, of the token
	// servers that Auth.Realm calls so.
	PrivateRealm, ClosedRealm string
}

// Server is all the registries of a run. A script is found by the name of its
// repository with the registry's host, as in "r.io/team/app".
type Server struct {
	options   Options
	servers   []*http.Server
	listeners []net.Listener
	ca        []byte
	urls      []string

	mu      sync.RWMutex
	scripts map[string]*script
}

// script is a Behaviour at work.
type script struct {
	behaviour Behaviour
	root      document
	documents map[string]document

	mu       sync.Mutex
	counts   map[string]int
	requests []Request
}

// Start listens and answers until Close.
func Start(o Options) (*Server, error) {
	if len(o.Plain) == 0 {
		o.Plain = []string{"127.0.0.1:0"}
	}
	s := &Server{options: o, scripts: map[string]*script{}}
	var pair tls.Certificate
	var err error
	if s.ca, pair, err = newCertificates(o.TLS); err != nil {
		return nil, fmt.Errorf("start the scripted registry: %w", err)
	}
	for i, address := range slices.Concat(o.Plain, o.TLS) {
		var config *tls.Config
		if i >= len(o.Plain) {
			config = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
		}
		if err := s.listen(address, config); err != nil {
			s.Close()
			return nil, fmt.Errorf("start the scripted registry: %w", err)
		}
	}
	return s, nil
}

func (s *Server) listen(address string, config *tls.Config) error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return err
	}
	scheme := "http"
	if config != nil {
		scheme, l = "https", tls.NewListener(l, config)
	}
	server := &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: time.Minute,
		// Failed handshakes are what some clients are here for.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	s.servers, s.listeners = append(s.servers, server), append(s.listeners, l)
	s.urls = append(s.urls, scheme+"://"+l.Addr().String())
	go func() { _ = server.Serve(l) }() // It ends with Close, and there is nobody to tell.
	return nil
}

// URL is where the first plain address is, which is what most hosts map to.
func (s *Server) URL() string { return s.urls[0] }

// CA is the certificate, in PEM, that the TLS addresses are signed by.
func (s *Server) CA() []byte { return s.ca }

// Close ends everything.
func (s *Server) Close() {
	for _, server := range s.servers {
		_ = server.Close()
	}
}

// Image is what a repository holds, for those who want it by digest.
type Image struct {
	// Digest is the manifest's that the tag stands for.
	Digest string
}

// Set gives a repository its behaviour, and forgets what it was asked before.
// What it holds depends on nothing but its name and the behaviour's Content.
func (s *Server) Set(name string, b Behaviour) (Image, error) {
	// A mirror has what the registry has.
	seed := strings.TrimPrefix(name, mirrored)
	made := &builder{seed: seed, foreign: s.URL() + foreignPath + name + "/", behaviour: b, documents: map[string]document{}}
	root, err := made.content(b.Content)
	if err != nil {
		return Image{}, fmt.Errorf("script %s: %w", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[name] = &script{behaviour: b, root: root, documents: made.documents, counts: map[string]int{}}
	return Image{Digest: root.digest.String()}, nil
}

// Forget takes a repository away.
func (s *Server) Forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.scripts, name)
}

// Requests are those that a repository was asked since Set, by both sides.
func (s *Server) Requests(name string) []Request {
	script := s.script(name)
	if script == nil {
		return nil
	}
	script.mu.Lock()
	defer script.mu.Unlock()
	return slices.Clone(script.requests)
}

func (s *Server) script(name string) *script {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.scripts[name]
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	t, ok := parseTarget(r)
	if !ok {
		s.unrouted(w, r)
		return
	}
	script := s.script(t.name)
	if script == nil {
		refuse(w, http.StatusNotFound, "NAME_UNKNOWN")
		return
	}
	recorded := &statusWriter{ResponseWriter: w}
	defer func() {
		// A connection that is dropped ends in a panic, which net/http knows.
		script.record(t.side, r, cmp.Or(recorded.status, http.StatusOK))
	}()
	if t.token {
		s.serveToken(recorded, r, t, script)
		return
	}
	s.serveRepository(recorded, r, t, script)
}

// unrouted answers what names no repository. The ping has nobody's status but
// that of the only repository of its host.
func (s *Server) unrouted(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, foreignPath):
		s.serveForeign(w, r)
		return
	case r.URL.Path == LoginPath:
		Page{Status: http.StatusOK, Type: "text/html; charset=utf-8", Body: loginBody}.send(w, r)
		return
	case r.URL.Path != "/v2/":
		refuse(w, http.StatusNotFound, "")
		return
	}
	s.mu.RLock()
	status := http.StatusOK
	for name, script := range s.scripts {
		if hostOf(name) == registryOf(r) && script.behaviour.Ping != 0 {
			status = script.behaviour.Ping
		}
	}
	s.mu.RUnlock()
	w.WriteHeader(status)
}

// drop closes the connection without an answer.
func drop(w http.ResponseWriter) {
	if recorded, ok := w.(*statusWriter); ok {
		recorded.status = Drop
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		if errors.Is(err, http.ErrNotSupported) {
			panic(http.ErrAbortHandler)
		}
		return
	}
	_ = conn.Close()
}
