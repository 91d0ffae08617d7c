package certs

import (
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStateRoundTrip(t *testing.T) {
	active, next := mustAuthority(t, epoch, testName), mustAuthority(t, epoch, testName)
	tests := []struct {
		name string
		s    state
		keys []string
	}{
		{"empty", state{}, []string{bundleKey}},
		{"active", state{active: active, bundle: certsOf(active)}, []string{bundleKey, activeCertKey, activeKeyKey}},
		{
			"staged", state{active: active, next: next, bundle: certsOf(active, next)},
			[]string{bundleKey, activeCertKey, activeKeyKey, nextCertKey, nextKeyKey},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			data := mustEncode(t, test.s)
			got, problems := decodeState(data)
			if len(problems) > 0 {
				t.Errorf("problems: %q", problems)
			}
			if diff := cmp.Diff(data, mustEncode(t, got)); diff != "" {
				t.Errorf("decoded and encoded again (-want +got):\n%s", diff)
			}
			if len(data) != len(test.keys) {
				t.Errorf("%d keys, want %q", len(data), test.keys)
			}
		})
	}
}

func TestEncodeKeepsOtherKeys(t *testing.T) {
	got, err := state{}.encode(map[string][]byte{"note": []byte("not ours"), nextKeyKey: []byte("old")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]byte{"note": []byte("not ours"), bundleKey: nil}, got); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}

// Whatever somebody has left in the Secret is a problem with a name, and never
// a reason to fail or to write a key to the log.
func TestDecodeStateProblems(t *testing.T) {
	ca := mustAuthority(t, epoch, testName)
	good := mustEncode(t, state{active: ca, bundle: certsOf(ca)})
	p384, err := x509.MarshalPKCS8PrivateKey(mustKey(t, elliptic.P384()))
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind, content string) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte(content)})
	}
	const (
		badCert   = "active CA: ca.crt: not a certificate"
		badKeyPEM = "active CA: ca.key: not one PEM block of type PRIVATE KEY"
	)
	tests := []struct {
		name string
		set  map[string][]byte // nil deletes
		want []string
	}{
		{"good", nil, nil},
		{"empty", map[string][]byte{activeCertKey: nil, activeKeyKey: nil, bundleKey: nil}, nil},
		{"no key", map[string][]byte{activeKeyKey: nil}, []string{badKeyPEM}},
		{"no certificate", map[string][]byte{activeCertKey: nil}, []string{"active CA: ca.crt: 0 certificates, want 1"}},
		{"two certificates", map[string][]byte{activeCertKey: []byte(strings.Repeat(string(good[activeCertKey]), 2))}, []string{"active CA: ca.crt: 2 certificates, want 1"}},
		{"certificate is text", map[string][]byte{activeCertKey: []byte("hello")}, []string{"active CA: ca.crt: not PEM"}},
		{"certificate cut short", map[string][]byte{activeCertKey: good[activeCertKey][:200]}, []string{"active CA: ca.crt: not PEM"}},
		{"certificate is another thing", map[string][]byte{activeCertKey: block("CERTIFICATE", "hello")}, []string{badCert}},
		{"the key in the certificate's place", map[string][]byte{activeCertKey: good[activeKeyKey]}, []string{"active CA: ca.crt: a PEM block that is no CERTIFICATE"}},
		{"key is text", map[string][]byte{activeKeyKey: []byte("hello")}, []string{badKeyPEM}},
		{"key of another form", map[string][]byte{activeKeyKey: block("EC PRIVATE KEY", "hello")}, []string{badKeyPEM}},
		{"key is another thing", map[string][]byte{activeKeyKey: block("PRIVATE KEY", "hello")}, []string{"active CA: ca.key: not a PKCS #8 key"}},
		{"key of another curve", map[string][]byte{activeKeyKey: block("PRIVATE KEY", string(p384))}, []string{"active CA: ca.key: not an ECDSA P-256 key"}},
		{"staged CA half-written", map[string][]byte{nextKeyKey: good[activeKeyKey]}, []string{"staged CA: next-ca.crt: 0 certificates, want 1"}},
		{"bundle is text", map[string][]byte{bundleKey: []byte("hello")}, []string{"bundle: ca-bundle.crt: not PEM"}},
	}
	secrets := []string{string(good[activeKeyKey]), base64.StdEncoding.EncodeToString(p384)}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			data := maps.Clone(good)
			for key, value := range test.set {
				data[key] = value
				if value == nil {
					delete(data, key)
				}
			}
			_, problems := decodeState(data)
			if diff := cmp.Diff(test.want, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			for _, secret := range secrets {
				if strings.Contains(strings.Join(problems, ""), secret[len(secret)/2:len(secret)/2+16]) {
					t.Error("a problem quotes a key")
				}
			}
		})
	}
}

func TestDecodeCertificatesKeepsTheGoodOnes(t *testing.T) {
	a, b := mustAuthority(t, epoch, testName), mustAuthority(t, epoch, testName)
	data := "a note\n" + string(encodeCertificates(a.cert)) +
		string(pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: []byte("x")})) +
		string(encodeCertificates(b.cert)) + "trailing"
	certs, err := decodeCertificates([]byte(data))
	if err == nil {
		t.Error("no error for the broken block")
	}
	if len(certs) != 2 || !certs[0].Equal(a.cert) || !certs[1].Equal(b.cert) {
		t.Errorf("%d certificates, want the two good ones", len(certs))
	}
}

func FuzzDecodeState(f *testing.F) {
	f.Add([]byte(""), []byte(""), []byte(""))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), []byte("x"))
	f.Fuzz(func(t *testing.T, cert, key, bundle []byte) {
		s, _ := decodeState(map[string][]byte{activeCertKey: cert, activeKeyKey: key, bundleKey: bundle})
		next, _, err := step(epoch, s, testName, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := next.active.usable(epoch, testName); err != nil {
			t.Fatalf("the step left an unusable CA: %v", err)
		}
	})
}
