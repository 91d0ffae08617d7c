package story

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pullgate/pullgate/e2e/testcert"
)

// ownCertificate has pullgate serve a certificate of the platform's own CA, which it
// finds in a Secret, tells the API server of the CA as Helm's notes say, and goes
// back to the certificates that pullgate makes.
func ownCertificate(ctx context.Context, s *story) error {
	ca, err := s.issueOwn(ctx)
	if err != nil {
		return err
	}
	values := []string{"--set", "podAnnotations.round=second", "--set", "certificates.source=secret", "--set", "certificates.existingSecret=own"}
	notes, err := s.release(ctx, "upgrade", values...)
	if err != nil {
		return err
	}
	told := false
	for _, command := range commandsIn(notes) {
		if strings.HasPrefix(command, "kubectl patch validatingwebhookconfiguration") {
			if _, err := s.mustSh(ctx, command); err != nil {
				return fmt.Errorf("the notes' %w", err)
			}
			told = true
		}
	}
	if !told {
		return fmt.Errorf("the notes do not say how to tell the API server of the CA: %s", notes)
	}
	trusted := base64.StdEncoding.EncodeToString(ca)
	bundle, err := s.caBundle(ctx)
	if err != nil {
		return err
	}
	if bundle != strings.Join([]string{trusted, trusted, trusted}, " ") {
		return fmt.Errorf("the caBundles are %s", bundle)
	}
	denied := func(ctx context.Context) error { return s.ask(ctx, shop, missing, true) }
	if err := eventually(ctx, denied); err != nil {
		return err
	}
	if _, err := s.release(ctx, "upgrade", "--set", "podAnnotations.round=second"); err != nil {
		return err
	}
	err = eventually(ctx, func(ctx context.Context) error {
		bundle, err := s.caBundle(ctx)
		if err == nil && (bundle == "" || strings.Contains(bundle, trusted)) {
			err = errors.New("the caBundle is not pullgate's own")
		}
		return err
	})
	if err != nil {
		return err
	}
	return errors.Join(eventually(ctx, denied), s.must(ctx, "delete", "secret", "own", "-n", namespace))
}

// issueOwn makes the Secret, and ca.crt in the user's folder.
func (s *story) issueOwn(ctx context.Context) (ca []byte, err error) {
	ca, server, err := testcert.Issue(testcert.Options{
		CA: "the platform's CA", Server: "pullgate", DNSNames: []string{"pullgate." + namespace + ".svc"}, Before: time.Hour, After: 24 * time.Hour,
	})
	if err != nil {
		return nil, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(server.PrivateKey)
	if err != nil {
		return nil, err
	}
	for name, content := range map[string][]byte{
		"ca.crt":  ca,
		"own.crt": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate[0]}),
		"own.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(filepath.Join(s.home, name), content, 0o600); err != nil {
			return nil, err
		}
	}
	_, err = s.mustSh(ctx, "kubectl create secret tls own --cert own.crt --key own.key -n "+namespace)
	return ca, err
}
