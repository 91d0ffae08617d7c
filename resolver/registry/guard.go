package registry

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"syscall"
	"time"
)

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// guard knows the addresses that are not dialled for a Pod's sake.
type guard struct {
	further []netip.Prefix // what the administrator adds
}

// dial refuses addresses that only software on this host or a cloud's metadata
// service should hear from. It judges the address that is really connected to,
// after DNS, each time, and so covers redirects and token realms as well.
// Addresses that trusted accepts are dialled by plain, unseen.
func (g guard) dial(plain dialFunc, trusted func(addr string) bool) dialFunc {
	guarded := &net.Dialer{
		Timeout:   10 * time.Second,
		KeepAlive: 30 * time.Second,
		ControlContext: func(ctx context.Context, _, address string, _ syscall.RawConn) error {
			noteInside(ctx, address)
			return g.check(address)
		},
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if trusted(addr) {
			return plain(ctx, network, addr)
		}
		return guarded.DialContext(ctx, network, addr)
	}
}

// insideKey is under which a request's context holds whether an address was
// dialled for it that is inside: private, and not named by the administrator.
type insideKey struct{}

func withInside(ctx context.Context) (context.Context, *atomic.Bool) {
	inside := new(atomic.Bool)
	return context.WithValue(ctx, insideKey{}, inside), inside
}

func noteInside(ctx context.Context, address string) {
	ap, err := netip.ParseAddrPort(address)
	inside, ok := ctx.Value(insideKey{}).(*atomic.Bool)
	if err != nil || !ok {
		return
	}
	private := func(a netip.Addr) bool {
		return a.IsPrivate() || netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10).Contains(a)
	}
	if a := ap.Addr().Unmap(); private(a) || slices.ContainsFunc(embedded(a), private) {
		inside.Store(true)
	}
}

// check fails with a *BlockedError for an ip:port that is not dialled.
func (g guard) check(address string) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("parse address %q: %w", address, err)
	}
	a := ap.Addr().Unmap().WithZone("")
	if g.blocks(a) || slices.ContainsFunc(embedded(a), g.blocks) {
		return &BlockedError{Addr: a}
	}
	return nil
}

func (g guard) blocks(a netip.Addr) bool {
	return a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() ||
		within(a, special()) || within(a, g.further)
}

func within(a netip.Addr, list []netip.Prefix) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
}

// special are addresses that net/netip has no word for.
func special() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), // this host, on many systems
		netip.MustParsePrefix("255.255.255.255/32"),
		// Metadata services that are not link-local: Alibaba Cloud, Azure, Oracle
		// Cloud, AWS and Google Cloud.
		netip.MustParsePrefix("100.100.100.200/32"),
		netip.MustParsePrefix("168.63.129.16/32"),
		netip.MustParsePrefix("192.0.0.192/32"),
		netip.MustParsePrefix("fd00:ec2::254/128"),
		netip.MustParsePrefix("fd20:ce::254/128"),
	}
}

// embedded are the IPv4 addresses that a packet to an IPv6 address may end up
// at, where the network translates or tunnels.
func embedded(a netip.Addr) []netip.Addr {
	if !a.Is6() {
		return nil
	}
	b := a.As16()
	v4 := func(at int) netip.Addr { return netip.AddrFrom4([4]byte(b[at : at+4])) }
	switch high := binary.BigEndian.Uint32(b[:4]); {
	case high == 0x0064ff9b, high == 0 && binary.BigEndian.Uint64(b[4:12]) == 0: // NAT64; IPv4-compatible
		return []netip.Addr{v4(12)}
	case high>>16 == 0x2002: // 6to4
		return []netip.Addr{v4(2)}
	case high == 0x20010000: // Teredo: the server, and the client with its bits flipped
		client := binary.BigEndian.AppendUint32(nil, ^binary.BigEndian.Uint32(b[12:]))
		return []netip.Addr{v4(4), netip.AddrFrom4([4]byte(client))}
	default:
		return nil
	}
}
