package registrytest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
)

// Network connects to servers within the process, by pipes. In a bubble of
// testing/synctest time passes only while everybody waits: what is sent through a pipe
// takes none, however slow the machine is, so that a timeout is over when it should be
// and never before. Through a socket of the kernel it would not pass at all.
type Network struct {
	mu      sync.Mutex
	servers map[string]*listener // by host:port
}

// Serve serves a handler in plain HTTP under a host's name until the test ends.
func (n *Network) Serve(t testing.TB, host string, handler http.Handler) {
	t.Helper()
	l := &listener{address: address(host + ":80"), accepted: make(chan net.Conn), closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.servers == nil {
		n.servers = map[string]*listener{}
	}
	n.servers[l.address.String()] = l
	server := &http.Server{Handler: handler}
	ended := make(chan error)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Close()
		<-ended
	})
}

// Dial connects to a server that is here.
func (n *Network) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	l := n.at(addr)
	if l == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: address(addr), Err: syscall.ECONNREFUSED}
	}
	return l.dial(ctx)
}

// Wrap has an HTTP transport find the servers here, and all others as before. It is
// what a client's options call Wrap.
func (n *Network) Wrap(rt http.RoundTripper) http.RoundTripper {
	t := rt.(*http.Transport)
	elsewhere := t.DialContext
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if n.at(addr) == nil {
			return elsewhere(ctx, network, addr)
		}
		return n.Dial(ctx, network, addr)
	}
	return t
}

func (n *Network) at(addr string) *listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.servers[addr]
}

// listener is a server's end of a Network.
type listener struct {
	address  address
	accepted chan net.Conn
	once     sync.Once
	closed   chan struct{}
}

func (l *listener) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.accepted <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for a client.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.accepted:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close lets nobody in any more.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr is the host and port that clients dial.
func (l *listener) Addr() net.Addr { return l.address }

type address string

// Network is none that exists.
func (address) Network() string { return "pipe" }

func (a address) String() string { return string(a) }
