package scripted

import (
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/pullgate/pullgate/e2e/testcert"
)

// newCertificates makes a CA that nobody trusts unasked, and one certificate for
// the hosts of the addresses.
func newCertificates(addresses []string) (caPEM []byte, pair tls.Certificate, err error) {
	o := testcert.Options{CA: "scripted registry CA", Server: "scripted registry", Before: time.Hour, After: 24 * time.Hour}
	for _, address := range addresses {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, pair, fmt.Errorf("the address %s: %w", address, err)
		}
		o.IPAddresses = append(o.IPAddresses, net.ParseIP(host))
	}
	return testcert.Issue(o)
}
