package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// The files of the PKI.
const (
	caCert            = "ca.crt"
	serverCert        = "apiserver.crt"
	serverKey         = "apiserver.key"
	serviceAccountKey = "service-account.key"
)

// pki holds the certificates and keys of a cluster, made anew for each.
type pki struct {
	dir    string
	ca     []byte
	issuer *x509.Certificate
	signer *ecdsa.PrivateKey
	admin  credential
}

func (p *pki) path(name string) string { return filepath.Join(p.dir, name) }

// newPKI makes a CA, the API server's certificate, the administrator's and the
// key that ServiceAccount tokens are signed with.
func newPKI(dir string) (*pki, error) {
	ca := template(pkix.Name{CommonName: "e2e cluster CA"})
	ca.IsCA, ca.BasicConstraintsValid = true, true
	ca.KeyUsage |= x509.KeyUsageCertSign
	signer, caPEM, _, err := issue(ca, ca, nil)
	if err != nil {
		return nil, err
	}
	p := &pki{dir: dir, ca: caPEM, issuer: ca, signer: signer}

	server := template(pkix.Name{CommonName: "kube-apiserver"})
	// A client it is of kubelets.
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	// Pods call the Service "kubernetes" by its address.
	server.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.ParseIP(ServiceAddress)}
	server.DNSNames = []string{"localhost", "kubernetes.default.svc"}
	_, serverPEM, serverKeyPEM, err := issue(server, ca, signer)
	if err != nil {
		return nil, err
	}

	if p.admin, err = p.client("admin", "system:masters"); err != nil {
		return nil, err
	}

	_, tokenKeyPEM, err := newKey()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{caCert: caPEM, serverCert: serverPEM, serverKey: serverKeyPEM, serviceAccountKey: tokenKeyPEM}
	for name, content := range files {
		if err := os.WriteFile(p.path(name), content, 0o600); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// client makes the certificate of a client, by which the API server knows its
// user name and groups.
func (p *pki) client(user string, groups ...string) (credential, error) {
	client := template(pkix.Name{CommonName: user, Organization: groups})
	client.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	_, cert, key, err := issue(client, p.issuer, p.signer)
	return credential{certificate: cert, key: key}, err
}

// template is a certificate for as long as any cluster here may live, and from
// long enough ago that a client whose clock is behind trusts it too.
func template(subject pkix.Name) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		Subject:   subject,
		NotBefore: now.Add(-24 * time.Hour),
		NotAfter:  now.Add(30 * 24 * time.Hour),
		KeyUsage:  x509.KeyUsageDigitalSignature,
	}
}

// issue signs a certificate with the parent's key, or with its own when signer
// is nil, and returns its key and both as PEM.
func issue(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (key *ecdsa.PrivateKey, certPEM, keyPEM []byte, err error) {
	key, keyPEM, err = newKey()
	if err != nil {
		return nil, nil, nil, err
	}
	if signer == nil {
		signer = key
	}
	template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("make a serial number: %w", err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("sign the certificate of %s: %w", template.Subject.CommonName, err)
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), keyPEM, nil
}

func newKey() (key *ecdsa.PrivateKey, keyPEM []byte, err error) {
	key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("encode a key: %w", err)
	}
	return key, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
}
