package story

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
)

// forward passes connections to one address on to another: what kube-proxy does
// for the Service "kubernetes".
func forward(ctx context.Context, from, to string) (stop func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", from)
	if err != nil {
		return nil, fmt.Errorf("forward %s: %w", from, err)
	}
	f := &forwarder{to: to, conns: map[net.Conn]bool{}}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil { // closed
				return
			}
			go f.pass(ctx, conn)
		}
	}()
	return func() {
		_ = l.Close()
		f.close()
	}, nil
}

type forwarder struct {
	to string

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func (f *forwarder) pass(ctx context.Context, client net.Conn) {
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", f.to)
	if err != nil {
		_ = client.Close()
		return
	}
	f.mu.Lock()
	f.conns[client], f.conns[server] = true, true
	f.mu.Unlock()
	var wg sync.WaitGroup
	for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
		wg.Go(func() {
			_, _ = io.Copy(pair[0], pair[1])
			// Either end means the end of both: TLS has said so itself.
			_ = pair[0].Close()
			_ = pair[1].Close()
		})
	}
	wg.Wait()
	f.mu.Lock()
	delete(f.conns, client)
	delete(f.conns, server)
	f.mu.Unlock()
}

func (f *forwarder) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn := range f.conns {
		_ = conn.Close()
	}
}
