package registry

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// guardedDial refuses addresses that only software on this host or a cloud's
// metadata service should hear from. It judges the address that is really
// connected to, after DNS, each time, and so covers redirects and token realms
// as well. Addresses that trusted accepts are dialled by plain, unseen.
func guardedDial(plain dialFunc, trusted func(addr string) bool) dialFunc {
	guarded := &net.Dialer{
		Timeout:   10 * time.Second,
		KeepAlive: 30 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error {
			return checkAddress(address)
		},
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if trusted(addr) {
			return plain(ctx, network, addr)
		}
		return guarded.DialContext(ctx, network, addr)
	}
}

// checkAddress fails with a *BlockedError for an ip:port that is not dialled
// for a Pod's sake.
func checkAddress(address string) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("parse address %q: %w", address, err)
	}
	a := ap.Addr().Unmap()
	if a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() {
		return &BlockedError{Addr: a}
	}
	return nil
}
