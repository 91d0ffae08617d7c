package front

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// Serve speaks HTTPS at an address, for hosts that are each served by
// a registry on loopback: so registries are where a user would have them, and no
// message holds a port. It returns the CA's certificate, in PEM.
func Serve(ctx context.Context, address string, backends map[string]string) (ca []byte, stop func(), err error) {
	proxies := map[string]http.Handler{}
	var hosts []string
	for host, backend := range backends {
		to, err := url.Parse(backend)
		if err != nil {
			return nil, nil, fmt.Errorf("the backend of %s: %w", host, err)
		}
		hosts = append(hosts, host)
		proxies[host] = &httputil.ReverseProxy{
			Transport: &http.Transport{},
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(to)
				r.Out.Host = r.In.Host // The scripted registry goes by it.
			},
		}
	}
	ca, pair, err := newCertificate(hosts)
	if err != nil {
		return nil, nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(address, "443"))
	if err != nil {
		return nil, nil, fmt.Errorf("serve the registries: %w", err)
	}
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			proxy, ok := proxies[r.Host]
			if !ok {
				http.NotFound(w, r)
				return
			}
			proxy.ServeHTTP(w, r)
		}),
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: time.Minute,
		// Failed handshakes are what one of the causes is about.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	go func() { _ = server.ServeTLS(l, "", "") }() // Ends with stop.
	return ca, func() { _ = server.Close() }, nil
}

// newCertificate makes a CA that nobody trusts unasked, and a certificate of it
// for the hosts.
func newCertificate(hosts []string) (caPEM []byte, pair tls.Certificate, err error) {
	now := time.Now()
	template := func(name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(now.UnixNano()),
			Subject:      pkix.Name{CommonName: name},
			NotBefore:    now.Add(-time.Hour),
			NotAfter:     now.Add(24 * time.Hour),
			KeyUsage:     x509.KeyUsageDigitalSignature,
		}
	}
	ca, leaf := template("Example CA"), template("Example registries")
	ca.IsCA, ca.BasicConstraintsValid = true, true
	ca.KeyUsage |= x509.KeyUsageCertSign
	leaf.ExtKeyUsage, leaf.DNSNames = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, hosts
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, pair, fmt.Errorf("make the CA's key: %w", err)
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return nil, pair, fmt.Errorf("sign the CA: %w", err)
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, pair, fmt.Errorf("make the registries' key: %w", err)
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, leafKey.Public(), caKey)
	if err != nil {
		return nil, pair, fmt.Errorf("sign the registries' certificate: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}),
		tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: leafKey}, nil
}
