package certs

import (
	"crypto/x509"
	"fmt"
	"slices"
	"time"
)

// maxBundle bounds the bundle. Even a rotation under way needs three; the rest
// is for a Secret that something else keeps breaking, since each repair leaves
// the CA before it trusted.
const maxBundle = 16

// step returns the state that should follow s, and in words what it changed.
// But for the keys of a new CA it depends on its arguments alone, and
// step(step(s)) is step(s), which is why all replicas may run it at any time.
//
// serving is the CA of the leaf that this replica serves, nil before there is
// one. It stays trusted, so that the Secret's content can be lost without the
// replicas' leaves losing their trust.
func step(now time.Time, s state, dnsName string, serving *x509.Certificate) (state, []string, error) {
	var changes []string
	note := func(format string, args ...any) { changes = append(changes, fmt.Sprintf(format, args...)) }

	if s.next != nil {
		if err := s.next.usable(now, dnsName); err != nil {
			note("dropped the staged CA: %v", err)
			s.next = nil
		}
	}
	if s.active != nil {
		if err := s.active.usable(now, dnsName); err != nil {
			note("dropped the active CA: %v", err)
			s.active = nil
		}
	}
	switch {
	case s.active != nil:
	case s.next != nil:
		note("made the staged CA the active one")
		s.active, s.next = s.next, nil
	default:
		created, err := newAuthority(now, dnsName)
		if err != nil {
			return state{}, nil, err
		}
		note("created a CA, valid until %s", created.cert.NotAfter.Format(time.RFC3339))
		s.active = created
	}

	bundle := trusted(now, s, serving)
	if before, after := len(s.bundle), len(bundle); !slices.EqualFunc(s.bundle, bundle, (*x509.Certificate).Equal) {
		note("brought the bundle from %d to %d certificates", before, after)
	}
	s.bundle = bundle
	return s, changes, nil
}

// trusted returns the bundle that s should have: what it has, without repeats
// and expired ones, and whatever signs or has signed a leaf in use. The order
// is kept and additions go to the end, so that two replicas agree on it.
func trusted(now time.Time, s state, serving *x509.Certificate) []*x509.Certificate {
	var needed []*x509.Certificate
	if serving != nil {
		needed = append(needed, serving)
	}
	needed = append(needed, s.active.cert)
	if s.next != nil {
		needed = append(needed, s.next.cert)
	}

	var bundle []*x509.Certificate
	for _, cert := range slices.Concat(s.bundle, needed) {
		if now.Before(cert.NotAfter) && !contains(bundle, cert) {
			bundle = append(bundle, cert)
		}
	}
	excess := len(bundle) - maxBundle
	return slices.DeleteFunc(bundle, func(cert *x509.Certificate) bool {
		if excess <= 0 || contains(needed, cert) {
			return false
		}
		excess--
		return true
	})
}

func contains(certs []*x509.Certificate, cert *x509.Certificate) bool {
	return slices.ContainsFunc(certs, cert.Equal)
}
