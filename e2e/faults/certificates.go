package faults

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"

	"github.com/pullgate/pullgate/e2e/pullgate"
)

// A CA that ends within a week can't sign another leaf of pullgate's.
const leafLife = 7 * 24 * time.Hour

// makeDue makes the active CA one that was made a year ago but for six days: the
// same name and key, and so trusted for what it has signed, but due.
func makeDue(data map[string][]byte) error {
	cert, err := parse(data[caCertKey])
	if err != nil {
		return fmt.Errorf("the active CA: %w", err)
	}
	block, _ := pem.Decode(data[caKeyKey])
	if block == nil {
		return errors.New("the active CA's key is not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return fmt.Errorf("the active CA's key: %w", err)
	}
	signer, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return errors.New("the active CA's key is not ECDSA")
	}
	cert.NotAfter = time.Now().Add(6 * 24 * time.Hour)
	due, err := x509.CreateCertificate(rand.Reader, cert, cert, signer.Public(), signer)
	if err != nil {
		return fmt.Errorf("sign the CA anew: %w", err)
	}
	data[caCertKey] = encode(due)
	data[bundleKey] = append(data[bundleKey], encode(due)...)
	return nil
}

// goodForAWhile reports whether a CA need not be replaced.
func goodForAWhile(caPEM []byte) bool {
	cert, err := parse(caPEM)
	return err == nil && time.Until(cert.NotAfter) > leafLife
}

// otherCA is a CA that has signed nothing.
func otherCA() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "another CA"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	return encode(der), err
}

// trusted verifies what a replica serves as the API server would.
func trusted(ctx context.Context, address string, bundle []byte) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	dialer := tls.Dialer{
		NetDialer: &net.Dialer{Timeout: 20 * time.Second},
		Config:    &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: pullgate.Service + "." + pullgate.Namespace + ".svc"},
	}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("the caBundle and a replica: %w", err)
	}
	return conn.Close()
}

func parse(certPEM []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(certPEM)
	if block == nil {
		return nil, errors.New("not PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

func encode(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
