package proxy

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pullgate/pullgate/e2e/process"
)

// How long Slow takes, and what Pausing asks for.
const (
	Delay      = 5 * time.Second
	RetryAfter = 3 * time.Second
)

// Fresh begins the tags that stand for Alias: any number of images that are there
// and that nobody has asked for yet.
const (
	Fresh = "fresh-"
	Alias = "v1"
)

// Options says what a Proxy stands before.
type Options struct {
	// Target is the URL that requests go to.
	Target string
	// Certificates are what it serves TLS with.
	Certificates *Certificates
	// Realm replaces the one in the registry's challenges if it is not empty.
	Realm string
	// Heard, if set, is told of each request.
	Heard func(*http.Request)
}

// Proxy is a reverse proxy that runs.
type Proxy struct {
	options Options
	address string
	server  *http.Server
	next    http.Handler
	turn    atomic.Uint64
	delay   atomic.Int64 // see SetDelay
	conns   *conns

	mu       sync.Mutex
	mode     Mode
	listener net.Listener
	closed   bool
}

// Start starts a proxy on a free port of loopback. It ends with Close.
func Start(o Options) (*Proxy, error) {
	target, err := url.Parse(o.Target)
	if err != nil {
		return nil, fmt.Errorf("start a proxy: %w", err)
	}
	ports, err := process.FreePorts(1)
	if err != nil {
		return nil, fmt.Errorf("start a proxy: %w", err)
	}
	p := &Proxy{options: o, address: process.Loopback(ports[0]), mode: Healthy, conns: newConns()}
	p.next = p.forward(target)
	p.server = &http.Server{
		Handler:           http.HandlerFunc(p.serve),
		ReadHeaderTimeout: time.Minute,
		// Connections that break are what this is for.
		ErrorLog:  log.New(io.Discard, "", 0),
		ConnState: p.conns.note,
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: p.certificate},
		// Garbage needs a connection to itself.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	if err := p.listen(); err != nil {
		return nil, fmt.Errorf("start a proxy: %w", err)
	}
	return p, nil
}

// Address is where it listens.
func (p *Proxy) Address() string { return p.address }

// Port is where it listens.
func (p *Proxy) Port() string { return p.address[strings.LastIndexByte(p.address, ':')+1:] }

// listen starts to listen, unless it does.
func (p *Proxy) listen() error {
	if p.listener != nil {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", p.address)
	if err != nil {
		return err
	}
	p.listener = l
	go func() { _ = p.server.ServeTLS(p.conns.wrap(l), "", "") }() // ends with l
	return nil
}

// Set says what is wrong from now on.
func (p *Proxy) Set(m Mode) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.mode = m
	p.conns.swallowing.Store(m == BlackHole)
	switch m {
	case Down:
		if p.listener != nil {
			_ = p.listener.Close()
			p.listener = nil
		}
		p.conns.closeAll()
		return nil
	case WrongCertificate:
		// As the restart does that brings the certificate.
		p.conns.closeAll()
	}
	return p.listen()
}

func (p *Proxy) now() Mode {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mode
}

// SetDelay has each request wait before it is passed on: a registry that is well,
// and far away.
func (p *Proxy) SetDelay(d time.Duration) { p.delay.Store(int64(d)) }

// Disconnect closes the connections there are.
func (p *Proxy) Disconnect() { p.conns.closeAll() }

// Idle is how many connections are kept for a next request, and Mute how many are
// open on which something was lost.
func (p *Proxy) Idle() int {
	return p.conns.count(func(c *conn) bool { return c.state == http.StateIdle && !c.lost.Load() })
}

// Mute is how many connections are open on which something was lost.
func (p *Proxy) Mute() int { return p.conns.count(func(c *conn) bool { return c.lost.Load() }) }

// Close ends everything.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	if p.listener != nil {
		_ = p.listener.Close()
	}
	p.mu.Unlock()
	_ = p.server.Close()
	p.conns.closeAll()
}

func (p *Proxy) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if p.now() == WrongCertificate {
		return &p.options.Certificates.wrong, nil
	}
	return &p.options.Certificates.right, nil
}

// forward is the proxy without any fault.
func (p *Proxy) forward(target *url.URL) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			if before, tag, found := strings.Cut(r.Out.URL.Path, "/manifests/"); found && strings.HasPrefix(tag, Fresh) {
				r.Out.URL.Path = before + "/manifests/" + Alias
			}
		},
		ModifyResponse: func(resp *http.Response) error {
			if challenge := resp.Header.Get("WWW-Authenticate"); p.options.Realm != "" && challenge != "" {
				resp.Header.Set("WWW-Authenticate", withRealm(challenge, p.options.Realm))
			}
			return nil
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
		ErrorLog:  log.New(io.Discard, "", 0),
	}
}

// withRealm sends those who need a token elsewhere.
func withRealm(challenge, realm string) string {
	const key = `realm="`
	before, rest, found := strings.Cut(challenge, key)
	if !found {
		return challenge
	}
	_, after, _ := strings.Cut(rest, `"`)
	return before + key + realm + `"` + after
}
