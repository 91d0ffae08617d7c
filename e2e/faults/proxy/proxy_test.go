package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const manifest = `{"schemaVersion":2}`

// start starts a proxy before a server that tells the path it was asked for.
func start(t *testing.T) (*Proxy, *http.Client) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Path", r.URL.Path)
		if strings.HasPrefix(r.URL.Path, "/v2/private") {
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://old/token",service="s"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, manifest)
	}))
	t.Cleanup(server.Close)
	certificates, err := NewCertificates("registry.test")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(Options{Target: server.URL, Certificates: certificates, Realm: "https://new/token"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificates.CA)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	t.Cleanup(client.CloseIdleConnections)
	return p, client
}

func get(ctx context.Context, p *Proxy, client *http.Client, path string) (*http.Response, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+p.Address()+path, nil)
	if err != nil {
		return nil, "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func TestModes(t *testing.T) {
	const path = "/v2/acme/app/manifests/v1"
	tests := map[Mode]func(resp *http.Response, body string, err error) bool{
		Healthy:     func(_ *http.Response, body string, err error) bool { return err == nil && body == manifest },
		BlackHole:   func(_ *http.Response, _ string, err error) bool { return errors.Is(err, context.DeadlineExceeded) },
		Slow:        func(_ *http.Response, _ string, err error) bool { return errors.Is(err, context.DeadlineExceeded) },
		Unavailable: func(resp *http.Response, _ string, err error) bool { return err == nil && resp.StatusCode >= 500 },
		RateLimited: func(resp *http.Response, _ string, err error) bool {
			return err == nil && resp.StatusCode == 429 && resp.Header.Get("Retry-After") == ""
		},
		Pausing: func(resp *http.Response, _ string, err error) bool {
			return err == nil && resp.StatusCode == 429 && resp.Header.Get("Retry-After") == "3"
		},
		WrongCertificate: func(_ *http.Response, _ string, err error) bool {
			_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
			return untrusted
		},
		Garbage: func(_ *http.Response, body string, err error) bool { return err != nil || body != manifest },
		SignIn: func(resp *http.Response, _ string, err error) bool {
			return err == nil && resp.StatusCode == 200 && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html")
		},
		Truncated: func(_ *http.Response, body string, err error) bool {
			return err != nil && strings.HasPrefix(manifest, body)
		},
		Down: func(_ *http.Response, _ string, err error) bool {
			return err != nil && strings.Contains(err.Error(), "refused")
		},
	}
	for mode, right := range tests {
		t.Run(string(mode), func(t *testing.T) {
			p, client := start(t)
			if _, _, err := get(t.Context(), p, client, path); err != nil {
				t.Fatal(err)
			}
			if err := p.Set(mode); err != nil {
				t.Fatal(err)
			}
			// On the connection that is there, where it is, and on a new one.
			for range 2 {
				patience := time.Minute
				if mode == BlackHole || mode == Slow {
					patience = 500 * time.Millisecond // no answer comes before that
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				if resp, body, err := get(ctx, p, client, path); !right(resp, body, err) {
					t.Errorf("got %v, %q, %v", resp, body, err)
				}
				cancel()
				client.CloseIdleConnections()
			}
			if err := p.Set(Healthy); err != nil {
				t.Fatal(err)
			}
			if _, body, err := get(t.Context(), p, client, path); err != nil || body != manifest {
				t.Errorf("healthy again: %q, %v", body, err)
			}
		})
	}
}

// What is lost in a black hole stays lost, and is counted until the client gives up.
func TestMute(t *testing.T) {
	p, client := start(t)
	// On a connection that is there: the handshake of another would go on when the
	// request that began it has given up.
	if _, _, err := get(t.Context(), p, client, "/"); err != nil {
		t.Fatal(err)
	}
	if err := p.Set(BlackHole); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, _, err := get(ctx, p, client, "/")
		done <- err
	}()
	wait(t, func() bool { return p.Mute() == 1 })
	if err := p.Set(Healthy); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		t.Errorf("answered after all: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	cancel()
	<-done
	wait(t, func() bool { return p.Mute() == 0 })
	if _, _, err := get(t.Context(), p, client, "/"); err != nil {
		t.Fatal(err)
	}
	wait(t, func() bool { return p.Idle() == 1 })
}

func wait(t *testing.T, is func() bool) {
	t.Helper()
	for range 12_000 { // two minutes, and more
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it does not come to pass")
}

func TestForward(t *testing.T) {
	p, client := start(t)
	resp, _, err := get(t.Context(), p, client, "/v2/acme/app/manifests/"+Fresh+"17")
	if err != nil || resp.Header.Get("X-Path") != "/v2/acme/app/manifests/v1" {
		t.Errorf("%v, %v", resp, err)
	}
	resp, _, err = get(t.Context(), p, client, "/v2/private/manifests/v1")
	if want := `Bearer realm="https://new/token",service="s"`; err != nil || resp.Header.Get("WWW-Authenticate") != want {
		t.Errorf("%v, %v", resp, err)
	}
}
