// Package testcert makes certificates of CAs that nobody trusts unasked, for
// servers that only tests know.
package testcert

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

// Options say what to make.
type Options struct {
	// CA and Server are the common names of the CA and of the server.
	CA, Server string
	// DNSNames and IPAddresses are what the server is called by.
	DNSNames    []string
	IPAddresses []net.IP
	// Before and After are how long before and after now both are valid.
	Before, After time.Duration
}

// Issue makes a CA, and one certificate of it for a server. The CA comes as PEM.
func Issue(o Options) (caPEM []byte, server tls.Certificate, err error) {
	ca := o.template(o.CA)
	ca.IsCA, ca.BasicConstraintsValid = true, true
	ca.KeyUsage |= x509.KeyUsageCertSign
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, server, fmt.Errorf("make the CA's key: %w", err)
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return nil, server, fmt.Errorf("sign the CA: %w", err)
	}
	leaf := o.template(o.Server)
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	leaf.DNSNames, leaf.IPAddresses = o.DNSNames, o.IPAddresses
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, server, fmt.Errorf("make the server's key: %w", err)
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)
	if err != nil {
		return nil, server, fmt.Errorf("sign the server's certificate: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}), tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

func (o Options) template(name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-o.Before),
		NotAfter:     now.Add(o.After),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}
