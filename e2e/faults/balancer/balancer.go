package balancer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/pullgate/pullgate/e2e/process"
)

const (
	// interval is how often a replica is asked whether it is ready. It stands
	// for the whole way from the kubelet's probe to the rules on each node.
	interval = 150 * time.Millisecond
	// patience is how long its answer may take. A replica that does not answer is
	// not ready: the kubelet asks three times, and waits a second each time.
	patience = 3 * time.Second
)

// Replica is where connections can go.
type Replica struct {
	address string
	ready   func(context.Context) error
	stop    context.CancelFunc

	mu      sync.Mutex
	isReady bool
	open    int
	taken   int
}

// Balancer is a load balancer that runs.
type Balancer struct {
	listener net.Listener

	mu       sync.Mutex
	replicas []*Replica
	next     int
	conns    map[net.Conn]struct{}
	closed   bool
}

// Listen listens at a port of loopback. It ends with Close.
func Listen(port int) (*Balancer, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", process.Loopback(port))
	if err != nil {
		return nil, fmt.Errorf("balance load: %w", err)
	}
	b := &Balancer{listener: l, conns: map[net.Conn]struct{}{}}
	go b.accept()
	return b, nil
}

// Add makes a replica one of those that get connections while it is ready.
func (b *Balancer) Add(address string, ready func(context.Context) error) *Replica {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Replica{address: address, ready: ready, stop: cancel}
	b.mu.Lock()
	b.replicas = append(b.replicas, r)
	b.mu.Unlock()
	go r.watch(ctx)
	return r
}

// Remove forgets a replica. Its connections stay.
func (b *Balancer) Remove(r *Replica) {
	r.stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, other := range b.replicas {
		if other == r {
			b.replicas = append(b.replicas[:i:i], b.replicas[i+1:]...)
			return
		}
	}
}

// Close ends everything, its connections too.
func (b *Balancer) Close() {
	_ = b.listener.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, r := range b.replicas {
		r.stop()
	}
	for c := range b.conns {
		_ = c.Close()
	}
}

func (r *Replica) watch(ctx context.Context) {
	for {
		asking, cancel := context.WithTimeout(ctx, patience)
		err := r.ready(asking)
		cancel()
		r.mu.Lock()
		r.isReady = err == nil
		r.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-time.After(interval):
		}
	}
}

// Ready reports whether the replica was ready when last asked.
func (r *Replica) Ready() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.isReady
}

// Connections are how many are open now, and how many there have been.
func (r *Replica) Connections() (open, ever int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open, r.taken
}

func (b *Balancer) accept() {
	for {
		conn, err := b.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		go b.lead(conn)
	}
}

// choose takes the ready replicas in turn.
func (b *Balancer) choose() *Replica {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.replicas {
		b.next++
		if r := b.replicas[b.next%len(b.replicas)]; r.Ready() {
			return r
		}
	}
	return nil
}

// lead connects one connection with a replica. Where none is ready, or the one
// chosen does not take it, it is closed: kube-proxy does not look for another
// either.
func (b *Balancer) lead(client net.Conn) {
	defer func() { _ = client.Close() }()
	if !b.keep(client) {
		return
	}
	defer b.release(client)
	r := b.choose()
	if r == nil {
		return
	}
	r.count(1)
	defer r.count(-1)
	server, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(context.Background(), "tcp", r.address)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	if !b.keep(server) {
		return
	}
	defer b.release(server)
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{server, client}, {client, server}} {
		go func() {
			_, _ = io.Copy(way[0], way[1])
			// The other way may still have something to say, a last answer.
			if half, ok := way[0].(*net.TCPConn); ok {
				_ = half.CloseWrite()
			}
			done <- struct{}{}
		}()
	}
	<-done
	<-done
}

func (r *Replica) count(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open += n
	if n > 0 {
		r.taken++
	}
}

func (b *Balancer) keep(c net.Conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.conns[c] = struct{}{}
	return !b.closed
}

func (b *Balancer) release(c net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.conns, c)
}
