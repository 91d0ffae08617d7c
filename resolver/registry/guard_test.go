package registry

import (
	"errors"
	"net/netip"
	"testing"
)

func TestCheckAddress(t *testing.T) {
	g := guard{further: []netip.Prefix{netip.MustParsePrefix("10.96.0.0/12"), netip.MustParsePrefix("2001:db8:1::/48")}}
	for address, blocked := range map[string]bool{
		"127.0.0.1:443":              true,
		"127.8.9.10:443":             true,
		"[::1]:443":                  true,
		"[::ffff:127.0.0.1]:443":     true,
		"169.254.169.254:80":         true,
		"[::ffff:169.254.169.254]:1": true,
		"[fe80::1%eth0]:443":         true,
		"0.0.0.0:443":                true,
		"[::]:443":                   true,
		"224.0.0.1:443":              true,
		"[ff02::1]:443":              true,
		"0.1.2.3:443":                true,
		"255.255.255.255:443":        true,
		// Metadata services that are not link-local.
		"100.100.100.200:80":         true,
		"168.63.129.16:80":           true,
		"192.0.0.192:80":             true,
		"[fd00:ec2::254]:80":         true,
		"[fd00:ec2::254%eth0]:80":    true,
		"[fd20:ce::254]:80":          true,
		"[::ffff:100.100.100.200]:1": true,
		// IPv4 in IPv6: NAT64, IPv4-compatible, 6to4, Teredo's server and client.
		"[64:ff9b::169.254.169.254]:80":      true,
		"[64:ff9b:1:2::127.0.0.1]:80":        true,
		"[::127.0.0.1]:80":                   true,
		"[2002:a9fe:a9fe::1]:80":             true,
		"[2001:0:7f00:1::1]:80":              true,
		"[2001:0:c000:201:0:0:5601:5601]:80": true,
		"[64:ff9b::192.0.2.1]:80":            false,
		"[2002:c000:201::1]:80":              false,
		"[2001:0:c000:201:0:0:3ffe:3ffe]:80": false,
		// The administrator's.
		"10.96.0.1:443":            true,
		"[::ffff:10.96.0.1]:443":   true,
		"[64:ff9b::10.96.0.1]:443": true,
		"[2001:db8:1::5]:443":      true,
		"10.1.2.3:443":             false, // registries do live on private networks
		"192.0.2.1:443":            false,
		"[2001:db8::1]:443":        false,
	} {
		err := g.check(address)
		var b *BlockedError
		if errors.As(err, &b) != blocked {
			t.Errorf("guard{}.check(%s) = %v, want blocked %t", address, err, blocked)
		}
	}
	if err := g.check("not an address"); err == nil {
		t.Error("nonsense passes")
	}
}

func TestInside(t *testing.T) {
	for address, want := range map[string]bool{
		"10.1.2.3:443": true, "192.168.0.1:1": true, "172.16.0.1:1": true, "100.64.0.1:1": true, "[fd12::1]:443": true,
		"[::ffff:10.1.2.3]:443": true, "[64:ff9b::10.1.2.3]:443": true, "192.0.2.1:443": false, "[2001:db8::1]:443": false, "nonsense": false,
	} {
		ctx, inside := withInside(t.Context())
		noteInside(ctx, address)
		if inside.Load() != want {
			t.Errorf("%s is inside: %t, want %t", address, inside.Load(), want)
		}
	}
}
