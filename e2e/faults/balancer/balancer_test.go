package balancer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pullgate/pullgate/e2e/process"
)

// server answers each line with its name, and is ready as long as it says so.
type server struct {
	name     string
	listener net.Listener
	notReady atomic.Bool
}

func newServer(t *testing.T, name string) *server {
	t.Helper()
	l, err := process.Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := &server{name: name, listener: l}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				lines := bufio.NewScanner(conn)
				for lines.Scan() {
					fmt.Fprintln(conn, s.name)
				}
			}()
		}
	}()
	return s
}

func (s *server) ready(context.Context) error {
	if s.notReady.Load() {
		return errors.New("not ready")
	}
	return nil
}

// call asks for the name at the other end.
func call(conn net.Conn) (string, error) {
	if _, err := fmt.Fprintln(conn, "who"); err != nil {
		return "", err
	}
	return bufio.NewReader(conn).ReadString('\n')
}

func TestBalancer(t *testing.T) {
	ports, err := process.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Listen(ports[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	dial := func() net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", process.Loopback(ports[0]))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	if _, err := call(dial()); err == nil {
		t.Error("an answer though there is no replica")
	}
	one, two := newServer(t, "one"), newServer(t, "two")
	first, second := b.Add(one.listener.Addr().String(), one.ready), b.Add(two.listener.Addr().String(), two.ready)
	wait(t, func() bool { return first.Ready() && second.Ready() })

	names := map[string]net.Conn{}
	for range 4 {
		conn := dial()
		name, err := call(conn)
		if err != nil {
			t.Fatal(err)
		}
		names[name] = conn
	}
	if len(names) != 2 {
		t.Fatalf("%d replicas are called, want 2", len(names))
	}
	one.notReady.Store(true)
	wait(t, func() bool { return !first.Ready() })
	for range 4 {
		if name, err := call(dial()); name != "two\n" || err != nil {
			t.Errorf("%q, %v answers, want two", name, err)
		}
	}
	if name, err := call(names["one\n"]); name != "one\n" || err != nil {
		t.Errorf("the connection that was there: %q, %v", name, err)
	}
	// The dead are called until they are missed.
	_ = two.listener.Close()
	if _, err := call(dial()); err == nil {
		t.Error("an answer from the dead")
	}
	if open, ever := first.Connections(); open != 2 || ever != 2 {
		t.Errorf("%d connections open, %d ever, want 2 and 2", open, ever)
	}
	b.Remove(first)
}

func wait(t *testing.T, is func() bool) {
	t.Helper()
	for range 12_000 { // two minutes, and more
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it does not come to pass")
}
