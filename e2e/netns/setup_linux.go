package netns

import (
	"fmt"

	"github.com/vishvananda/netlink"
)

// setUp brings loopback up and gives it the addresses.
func setUp(addresses []string) error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find loopback: %w", err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return fmt.Errorf("bring loopback up: %w", err)
	}
	for _, a := range addresses {
		address, err := netlink.ParseAddr(a)
		if err != nil {
			return fmt.Errorf("address %q: %w", a, err)
		}
		if err := netlink.AddrAdd(lo, address); err != nil {
			return fmt.Errorf("add the address %s: %w", a, err)
		}
	}
	return nil
}
