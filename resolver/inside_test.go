package resolver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry"
)

// What is wrong with an address inside the network would tell which ports are
// open there. Outside it is told.
func TestInsideIsOneSentence(t *testing.T) {
	ref := reference.Reference{Host: "10.1.2.3:22", Repository: "app", Tag: "v1"}
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	first := classify(ref, &registry.InsideError{Err: refused})
	told := map[string]bool{}
	for name, err := range map[string]error{
		"refused":             refused,
		"no route":            &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH},
		"reset":               &net.OpError{Op: "read", Err: syscall.ECONNRESET},
		"another certificate": &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}},
		"TLS refused":         &net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")},
		"no TLS":              tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"},
		"plain HTTP":          http.ErrSchemeMismatch,
		"no HTTP":             errors.New(`malformed HTTP response "SSH-2.0"`),
		"closed":              io.EOF,
		"a token server":      &registry.AuthError{Err: refused},
	} {
		o := classify(ref, &registry.InsideError{Err: err})
		if o.reason != first.reason || o.says != first.says {
			t.Errorf("%s: %s %q, want %s %q", name, o.reason, o.says, first.reason, first.says)
		}
		if o.detail != redact(err) {
			t.Errorf("%s: the log is told %q", name, o.detail)
		}
		told[classify(ref, err).says] = true
	}
	if len(told) < 4 {
		t.Errorf("outside there are but %d sentences", len(told))
	}
}
