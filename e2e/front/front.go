package front

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/pullgate/pullgate/e2e/testcert"
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
	ca, pair, err := testcert.Issue(testcert.Options{CA: "Example CA", Server: "Example registries", DNSNames: hosts, Before: time.Hour, After: 24 * time.Hour})
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
