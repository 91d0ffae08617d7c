package process

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are taken from below the range that systems give to outgoing
// connections (32768 and up on Linux): a port from within it can be lost to one
// between its choice and the server's start, or while a registry restarts.
const (
	firstPort = 20000
	lastPort  = 29999
)

// FreePorts chooses n different ports on loopback that nothing listens on.
func FreePorts(n int) ([]int, error) {
	var ports []int
	for range 1000 {
		if len(ports) == n {
			return ports, nil
		}
		port := firstPort + rand.IntN(lastPort-firstPort+1) //nolint:gosec // no secret
		l, err := listen(Loopback(port))
		if err != nil {
			continue
		}
		// Kept until the end, so that no port is chosen twice.
		defer func() { _ = l.Close() }()
		ports = append(ports, port)
	}
	return nil, errors.New("find free ports: none between " + fmt.Sprint(firstPort, " and ", lastPort))
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
