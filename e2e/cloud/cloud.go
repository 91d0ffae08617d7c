package cloud

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pullgate/pullgate/e2e/process"
	"github.com/pullgate/pullgate/e2e/registry"
)

// Options says how to start a Cloud.
type Options struct {
	// Addresses are where to listen; one of loopback's if empty.
	Addresses []string
	// Content holds the images of all the registries; see Behind. There
	// are none if it is nil.
	Content http.Handler
	// Lifetime is how long a registry's password holds, 12 hours if zero.
	Lifetime time.Duration
}

// Cloud is a server that plays all the services of the clouds.
type Cloud struct {
	options   Options
	servers   []*http.Server
	addresses []string
	// done is closed by Close, for the requests that are never answered.
	done chan struct{}
	end  sync.Once

	mu sync.Mutex
	// changed is closed, and made anew, whenever a request comes or is answered.
	changed   chan struct{}
	states    map[Endpoint]State
	requests  map[Endpoint][]Request
	roles     map[string]Role
	keys      map[string]key
	passwords map[string]*password
	bearers   map[string]*password
	hidden    map[string]bool
	issued    int
}

// Start listens and answers until Close.
func Start(o Options) (*Cloud, error) {
	if o.Lifetime == 0 {
		o.Lifetime = 12 * time.Hour
	}
	if o.Content == nil {
		o.Content = http.HandlerFunc(nothing)
	}
	if len(o.Addresses) == 0 {
		o.Addresses = []string{process.Loopback(0)}
	}
	c := &Cloud{
		options: o, done: make(chan struct{}), changed: make(chan struct{}),
		states: map[Endpoint]State{}, requests: map[Endpoint][]Request{}, roles: map[string]Role{},
		keys: map[string]key{}, passwords: map[string]*password{}, bearers: map[string]*password{}, hidden: map[string]bool{},
	}
	for _, address := range o.Addresses {
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
		if err != nil {
			c.Close()
			return nil, fmt.Errorf("start the cloud: %w", err)
		}
		server := &http.Server{Handler: http.HandlerFunc(c.serve), ReadHeaderTimeout: time.Minute}
		c.servers, c.addresses = append(c.servers, server), append(c.addresses, l.Addr().String())
		go func() { _ = server.Serve(l) }() // It ends with Close, and there is nobody to tell.
	}
	return c, nil
}

// Close ends everything, what is never answered included.
func (c *Cloud) Close() {
	c.end.Do(func() { close(c.done) })
	for _, server := range c.servers {
		_ = server.Close()
	}
}

// Address is the first one that it listens at, as "127.0.0.1:12345".
func (c *Cloud) Address() string { return c.addresses[0] }

// URL is where all the services are.
func (c *Cloud) URL() string { return "http://" + c.Address() }

// CertsD writes containerd's certs.d entries that lead the hosts of registries here,
// and one for the token servers: an address on loopback is dialled for a Pod's sake
// only where the administrator named it.
func (c *Cloud) CertsD(dir string, hosts ...string) error {
	host, port, err := net.SplitHostPort(c.Address())
	if err != nil {
		return fmt.Errorf("the cloud's address: %w", err)
	}
	for _, name := range append(hosts, host+"_"+port+"_") {
		if err := registry.MapHost(dir, name, c.URL(), ""); err != nil {
			return err
		}
	}
	return nil
}

// serve finds out which service is asked. Each has paths, or headers, of its own.
func (c *Cloud) serve(w http.ResponseWriter, r *http.Request) {
	// Read to its end, or nobody notices that a client has gone that gets no answer.
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch target := r.Header.Get("X-Amz-Target"); {
	case strings.HasPrefix(r.URL.Path, metadataPath):
		c.answer(w, r, Metadata, c.serveMetadata)
	case r.URL.Path == credentialsPath:
		c.answer(w, r, PodIdentity, c.servePodIdentity)
	case strings.HasPrefix(r.URL.Path, "/v2/"):
		c.answer(w, r, Registry, c.serveRegistry)
	case strings.HasPrefix(r.URL.Path, bearerPath):
		c.answer(w, r, TokenServer, c.serveBearer)
	case r.Method == http.MethodPost && target != "":
		c.answer(w, r, ECR, c.serveECR)
	case r.Method == http.MethodPost && r.URL.Path == "/":
		c.answer(w, r, STS, c.serveSTS)
	default:
		http.NotFound(w, r)
	}
}
