package proxy

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// conns are a proxy's connections.
type conns struct {
	// swallowing is set in a black hole.
	swallowing atomic.Bool

	mu   sync.Mutex
	open map[*conn]struct{}
}

func newConns() *conns { return &conns{open: map[*conn]struct{}{}} }

// conn is one connection, below TLS.
type conn struct {
	net.Conn
	all   *conns
	lost  atomic.Bool
	state http.ConnState // all.mu
}

func (c *conns) wrap(l net.Listener) net.Listener { return listener{l, c} }

type listener struct {
	net.Listener
	all *conns
}

// Accept takes a connection.
func (l listener) Accept() (net.Conn, error) {
	plain, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: plain, all: l.all}
	l.all.mu.Lock()
	defer l.all.mu.Unlock()
	l.all.open[c] = struct{}{}
	return c, nil
}

// swallowed reports whether what passes is lost, and notes that it was.
func (c *conn) swallowed() bool {
	if c.all.swallowing.Load() {
		c.lost.Store(true)
	}
	return c.lost.Load()
}

// Read keeps from the reader what is lost, for as long as the other end sends.
func (c *conn) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		if err != nil || !c.swallowed() {
			return n, err
		}
	}
}

// Write claims to have written what is lost.
func (c *conn) Write(b []byte) (int, error) {
	if c.swallowed() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// Close closes the connection.
func (c *conn) Close() error {
	c.all.mu.Lock()
	delete(c.all.open, c)
	c.all.mu.Unlock()
	return c.Conn.Close()
}

// note follows what the server does with a connection.
func (c *conns) note(over net.Conn, state http.ConnState) {
	if secure, ok := over.(interface{ NetConn() net.Conn }); ok {
		over = secure.NetConn()
	}
	if one, ok := over.(*conn); ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		one.state = state
	}
}

func (c *conns) count(is func(*conn) bool) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for one := range c.open {
		if is(one) {
			n++
		}
	}
	return n
}

func (c *conns) closeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for one := range c.open {
		_ = one.Conn.Close()
		delete(c.open, one)
	}
}
