package proxy

import (
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/pullgate/pullgate/e2e/testcert"
)

// Certificates are a right one and a wrong one.
type Certificates struct {
	// CA is the right one's, as PEM.
	CA           []byte
	right, wrong tls.Certificate
}

// NewCertificates makes certificates for loopback and a DNS name. They hold for a
// month before and after now, so that a client whose clock is moved trusts them.
func NewCertificates(dnsName string) (c *Certificates, err error) {
	c = &Certificates{}
	if c.CA, c.right, err = issue(dnsName); err != nil {
		return nil, fmt.Errorf("make certificates: %w", err)
	}
	if _, c.wrong, err = issue(dnsName); err != nil {
		return nil, fmt.Errorf("make certificates: %w", err)
	}
	return c, nil
}

// Right returns the right certificate, for a tls.Config.GetCertificate.
func (c *Certificates) Right(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &c.right, nil }

// issue makes a CA and one certificate by it.
func issue(dnsName string) (caPEM []byte, leaf tls.Certificate, err error) {
	const month = 30 * 24 * time.Hour
	return testcert.Issue(testcert.Options{
		CA: "faults CA", Server: "registry", DNSNames: []string{dnsName}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, Before: month, After: month,
	})
}
