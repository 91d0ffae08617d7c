package resolver

import (
	"net/netip"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// blocked are the BlockedCIDRs, which have been validated.
func (c RegistriesConfig) blocked() (list []netip.Prefix) {
	for _, s := range c.BlockedCIDRs {
		if p, err := netip.ParsePrefix(s); err == nil {
			list = append(list, p.Masked())
		}
	}
	return list
}

// cidrErrors checks CIDRs of the configuration.
func cidrErrors(path *field.Path, cidrs []string) (errs field.ErrorList) {
	for n, s := range cidrs {
		switch p, err := netip.ParsePrefix(s); {
		case err != nil:
			errs = append(errs, field.Invalid(path.Index(n), s, "is not a CIDR, such as 10.0.0.0/8"))
		case p.Addr().Is4In6():
			errs = append(errs, field.Invalid(path.Index(n), s, "is IPv4 in IPv6: write the IPv4 CIDR, which holds for both"))
		}
	}
	return errs
}
