package proxy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
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
	ca := template("faults CA")
	ca.IsCA, ca.BasicConstraintsValid = true, true
	ca.KeyUsage |= x509.KeyUsageCertSign
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, leaf, err
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return nil, leaf, err
	}
	server := template("registry")
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	server.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	server.DNSNames = []string{dnsName}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, leaf, err
	}
	der, err := x509.CreateCertificate(rand.Reader, server, ca, key.Public(), caKey)
	if err != nil {
		return nil, leaf, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}), tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

func template(name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-30 * 24 * time.Hour),
		NotAfter:     now.Add(30 * 24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}
