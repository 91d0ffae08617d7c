package process

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
)

// Ports are taken from below the range that systems give to outgoing
// connections (32768 and up on Linux): a port from within it can be lost to one
// between its choice and the server's start, or while a registry restarts.
const (
	firstPort = 20000
	ports     = 10_000
)

// handedOut counts the ports that were chosen in this process. They are taken one
// after another from a random first one on: chosen at random, one in thousands was
// given to two servers that were about to start.
var handedOut = sync.OnceValue(func() *atomic.Uint32 {
	n := &atomic.Uint32{}
	n.Store(rand.Uint32N(ports)) //nolint:gosec // no secret
	return n
})

// FreePorts chooses n different ports on loopback that nothing listens on.
func FreePorts(n int) ([]int, error) {
	var free []int
	for range 1000 {
		if len(free) == n {
			return free, nil
		}
		port := firstPort + int(handedOut().Add(1)%ports)
		l, err := listen(Loopback(port))
		if err != nil {
			continue
		}
		_ = l.Close()
		free = append(free, port)
	}
	return nil, errors.New("find free ports: none between " + fmt.Sprint(firstPort, " and ", firstPort+ports-1))
}

// Listen listens on a port of loopback that the system chooses, for servers in
// this process.
func Listen() (net.Listener, error) { return listen(Loopback(0)) }

func listen(address string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
}

// Loopback is the address of a port on loopback.
func Loopback(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}
