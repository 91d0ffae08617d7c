package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"
)

const (
	// A CA must outlive the replicas' attention to it, not their patience: it
	// is replaced without anybody's help, but only by a replica that runs.
	caLife = 365 * 24 * time.Hour

	// A leaf is never stored, so a short life costs nothing and nobody has to
	// revoke it.
	leafLife = 7 * 24 * time.Hour

	// Certificates are valid from a little before they are made: the API
	// server's clock may be behind ours.
	clockSlack = time.Hour
)

// authority is a CA: its certificate and the key that signs with it.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// leaf is the certificate that a replica serves, and the CA that signed it.
type leaf struct {
	tls    *tls.Certificate
	issuer *x509.Certificate
}

// serviceName is the name that the API server asks for, and verifies, when a
// webhook's clientConfig names a Service. No other one is put in a
// certificate: Pods that want to try the endpoint can resolve it too, and the
// cluster's domain is not to be known from here.
func serviceName(service, namespace string) string {
	return service + "." + namespace + ".svc"
}

// newAuthority makes a CA that can sign for dnsName and the names below it,
// for no other name and no address.
func newAuthority(now time.Time, dnsName string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate CA key: %w", err)
	}
	template := &x509.Certificate{
		Subject:                     pkix.Name{CommonName: "pullgate serving CA"},
		NotBefore:                   now.Add(-clockSlack),
		NotAfter:                    now.Add(caLife),
		KeyUsage:                    x509.KeyUsageCertSign,
		ExtKeyUsage:                 []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid:       true,
		IsCA:                        true,
		MaxPathLenZero:              true,
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         []string{dnsName},
		// Permitted DNS names say nothing about addresses: a constraint
		// holds for its own kind of name only.
		ExcludedIPRanges: []*net.IPNet{
			{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)},
			{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)},
		},
	}
	cert, err := createCertificate(template, template, key, key)
	if err != nil {
		return nil, fmt.Errorf("create CA certificate: %w", err)
	}
	return &authority{cert: cert, key: key}, nil
}

// usable tells why the CA cannot sign a leaf for dnsName now, or nil.
func (a *authority) usable(now time.Time, dnsName string) error {
	switch {
	case !a.cert.IsCA:
		return errors.New("it is not a CA certificate")
	case !a.key.PublicKey.Equal(a.cert.PublicKey):
		return errors.New("its key does not belong to its certificate")
	case !a.cert.PermittedDNSDomainsCritical || !slices.Equal(a.cert.PermittedDNSDomains, []string{dnsName}):
		return fmt.Errorf("it is not constrained to the name %q", dnsName)
	case now.Before(a.cert.NotBefore):
		return fmt.Errorf("it is not valid before %s", a.cert.NotBefore.Format(time.RFC3339))
	case now.Add(leafLife).After(a.cert.NotAfter):
		return fmt.Errorf("it ends on %s, before a leaf of %s would", a.cert.NotAfter.Format(time.RFC3339), leafLife)
	}
	return nil
}

// sign makes a leaf for dnsName, with a key of its own.
func (a *authority) sign(now time.Time, dnsName string) (*leaf, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate serving key: %w", err)
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "pullgate"},
		DNSNames:              []string{dnsName},
		NotBefore:             now.Add(-clockSlack),
		NotAfter:              now.Add(leafLife),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	cert, err := createCertificate(template, a.cert, key, a.key)
	if err != nil {
		return nil, fmt.Errorf("create serving certificate: %w", err)
	}
	return &leaf{
		tls:    &tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert},
		issuer: a.cert,
	}, nil
}

// createCertificate signs the template for the subject's key and parses the
// result. The serial number is left to crypto/x509, which draws one.
func createCertificate(template, parent *x509.Certificate, subject, signer *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &subject.PublicKey, signer)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// valid tells whether the leaf is inside its life.
func (l *leaf) valid(now time.Time) bool {
	cert := l.tls.Leaf
	return !now.Before(cert.NotBefore) && now.Before(cert.NotAfter)
}

// due tells whether the leaf has lived two thirds of its life, or, after the
// clock was set back, has not begun it.
func (l *leaf) due(now time.Time) bool {
	return now.Before(l.tls.Leaf.NotBefore) || !now.Before(l.tls.Leaf.NotAfter.Add(-leafLife/3))
}

// issuedBy tells whether the CA with this certificate signed the leaf.
func (l *leaf) issuedBy(ca *x509.Certificate) bool {
	return bytes.Equal(l.issuer.Raw, ca.Raw)
}

// trustedBy verifies the leaf as the API server does: against a PEM bundle of
// roots, for dnsName.
func (l *leaf) trustedBy(bundle []byte, now time.Time, dnsName string) error {
	if len(bundle) == 0 {
		// Without a bundle the API server takes the system's roots; here the
		// answer must not depend on those of this machine.
		return errors.New("it is empty")
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	_, err := l.tls.Leaf.Verify(x509.VerifyOptions{DNSName: dnsName, Roots: roots, CurrentTime: now})
	return err
}
