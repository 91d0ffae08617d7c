package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"

	certutil "k8s.io/client-go/util/cert"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

// A second replica serves certificates from outside, and takes up new ones
// without a restart.
func testTLSCertDir(t *testing.T, s *suite) {
	dir := t.TempDir()
	first := writeCertificate(t, dir)
	replica, err := pullgate.Start(t.Context(), s.cluster, pullgate.Options{
		Binary: s.binaries[build.Pullgate], CertsD: s.certsD, TLSCertDir: dir,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer replica.Stop()
	served := func(ctx context.Context, want []byte) error {
		dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // compared instead
		conn, err := dialer.DialContext(ctx, "tcp", replica.Address())
		if err != nil {
			return err
		}
		defer conn.Close()
		if !bytes.Equal(conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Raw, want) {
			return errors.New("another certificate is served")
		}
		return nil
	}
	if err := served(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	second := writeCertificate(t, dir)
	eventually(t, "the new certificate", func(ctx context.Context) error { return served(ctx, second) })
}

// writeCertificate writes a self-signed certificate and returns it, in DER.
func writeCertificate(t *testing.T, dir string) []byte {
	t.Helper()
	certificate, key, err := certutil.GenerateSelfSignedCertKey("pullgate.example.com", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"tls.crt": certificate, "tls.key": key} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	block, _ := pem.Decode(certificate)
	return block.Bytes
}
