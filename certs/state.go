package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
)

// The keys of the Secret.
const (
	activeCertKey = "ca.crt"
	activeKeyKey  = "ca.key"
	nextCertKey   = "next-ca.crt"
	nextKeyKey    = "next-ca.key"
	bundleKey     = "ca-bundle.crt"
)

// The PEM block types that are read and written.
const (
	certificateBlock = "CERTIFICATE"
	privateKeyBlock  = "PRIVATE KEY"
)

// state is the content of the Secret.
type state struct {
	// active signs the leaves; nil when the Secret holds none, or none that
	// can be read.
	active *authority
	// next is trusted already and signs from the next switch on; nil when no
	// rotation is under way.
	next *authority
	// bundle is every trusted CA, oldest first.
	bundle []*x509.Certificate
}

// decodeState reads the Secret's data. What cannot be read is left out and
// named in the problems; they tell no key material.
func decodeState(data map[string][]byte) (s state, problems []string) {
	var err error
	if s.active, err = decodeAuthority(data, activeCertKey, activeKeyKey); err != nil {
		problems = append(problems, fmt.Sprintf("active CA: %v", err))
	}
	if s.next, err = decodeAuthority(data, nextCertKey, nextKeyKey); err != nil {
		problems = append(problems, fmt.Sprintf("staged CA: %v", err))
	}
	if s.bundle, err = decodeCertificates(data[bundleKey]); err != nil {
		problems = append(problems, fmt.Sprintf("bundle: %s: %v", bundleKey, err))
	}
	return s, problems
}

// decodeAuthority reads one CA; nil when neither of its keys is there.
func decodeAuthority(data map[string][]byte, certKey, keyKey string) (*authority, error) {
	certPEM, keyPEM := data[certKey], data[keyKey]
	if len(certPEM) == 0 && len(keyPEM) == 0 {
		return nil, nil
	}
	certs, err := decodeCertificates(certPEM)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", certKey, err)
	}
	if len(certs) != 1 {
		return nil, fmt.Errorf("%s: %d certificates, want 1", certKey, len(certs))
	}
	key, err := decodeKey(keyPEM)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", keyKey, err)
	}
	return &authority{cert: certs[0], key: key}, nil
}

// decodeKey reads one private key. Its errors, like all in this file, are fixed
// texts: those of the parsers could quote what they have read.
func decodeKey(data []byte) (*ecdsa.PrivateKey, error) {
	block, rest := pem.Decode(data)
	if block == nil || block.Type != privateKeyBlock || len(bytes.TrimSpace(rest)) > 0 {
		return nil, fmt.Errorf("not one PEM block of type %s", privateKeyBlock)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("not a PKCS #8 key")
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("not an ECDSA P-256 key")
	}
	return key, nil
}

// decodeCertificates reads as many certificates as can be read. The error
// tells of the first thing that is none.
func decodeCertificates(data []byte) (certs []*x509.Certificate, err error) {
	for rest := bytes.TrimSpace(data); len(rest) > 0; rest = bytes.TrimSpace(rest) {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			return certs, errors.Join(err, errors.New("not PEM"))
		}
		cert, parseErr := parseBlock(block)
		if parseErr == nil {
			certs = append(certs, cert)
		} else if err == nil {
			err = parseErr
		}
	}
	return certs, err
}

func parseBlock(block *pem.Block) (*x509.Certificate, error) {
	if block.Type != certificateBlock {
		return nil, fmt.Errorf("a PEM block that is no %s", certificateBlock)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, errors.New("not a certificate")
	}
	return cert, nil
}

// encode returns data with the keys of the state set to it. Other keys stay:
// they are somebody else's.
func (s state) encode(data map[string][]byte) (map[string][]byte, error) {
	out := maps.Clone(data)
	if out == nil {
		out = map[string][]byte{}
	}
	if err := encodeAuthority(out, s.active, activeCertKey, activeKeyKey); err != nil {
		return nil, err
	}
	if err := encodeAuthority(out, s.next, nextCertKey, nextKeyKey); err != nil {
		return nil, err
	}
	out[bundleKey] = encodeCertificates(s.bundle...)
	return out, nil
}

func encodeAuthority(data map[string][]byte, a *authority, certKey, keyKey string) error {
	if a == nil {
		delete(data, certKey)
		delete(data, keyKey)
		return nil
	}
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return fmt.Errorf("encode %s: %w", keyKey, err)
	}
	data[certKey] = encodeCertificates(a.cert)
	data[keyKey] = pem.EncodeToMemory(&pem.Block{Type: privateKeyBlock, Bytes: der})
	return nil
}

func encodeCertificates(certs ...*x509.Certificate) []byte {
	var out bytes.Buffer
	for _, cert := range certs {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: cert.Raw}))
	}
	return out.Bytes()
}
