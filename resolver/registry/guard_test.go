package registry

import (
	"errors"
	"testing"
)

func TestCheckAddress(t *testing.T) {
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
		"10.1.2.3:443":               false, // registries do live on private networks
		"192.0.2.1:443":              false,
		"[2001:db8::1]:443":          false,
	} {
		err := checkAddress(address)
		var b *BlockedError
		if errors.As(err, &b) != blocked {
			t.Errorf("checkAddress(%s) = %v, want blocked %t", address, err, blocked)
		}
	}
	if err := checkAddress("not an address"); err == nil {
		t.Error("nonsense passes")
	}
}
