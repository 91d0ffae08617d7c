package resolver

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

const (
	// maxMemory is what one check of the worst kind may allocate, in bytes.
	maxMemory = 96 << 20
	// bombSize is what a bomb becomes when it is decompressed.
	bombSize = 1 << 30
	// sizesTimeout is that of a look-up.
	sizesTimeout = 2 * time.Second
)

// bomb is JSON that begins well and goes on with a gigabyte of blanks.
func bomb(t *testing.T, begin string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, begin)
	blanks := bytes.Repeat([]byte(" "), 1<<20)
	for range bombSize >> 20 {
		w.Write(blanks)
	}
	w.Close()
	return b.Bytes()
}

// TestSizes: whatever a registry sends, there is a verdict in time and in little
// memory. Each of these would be without one of the caps.
func TestSizes(t *testing.T) {
	bombed := bomb(t, "{")
	explode := func(w http.ResponseWriter, r *http.Request, status int) {
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			w.Write(bombed)
		}
	}
	index := func(w http.ResponseWriter, r *http.Request, body func()) {
		w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
		w.Header().Set("Docker-Content-Digest", otherDigest)
		if r.Method == http.MethodHead {
			w.Header().Set("Content-Length", "2")
			return
		}
		body()
	}
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    Reason
	}{
		"a header of a megabyte": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Large", strings.Repeat("x", 1<<20))
			manifest(w, r)
		}, RegistryUnavailable},
		"a hundred thousand headers": {func(w http.ResponseWriter, r *http.Request) {
			for n := range 100_000 {
				w.Header().Set(fmt.Sprint("X-", n), "x")
			}
			manifest(w, r)
		}, RegistryUnavailable},
		"a manifest that is a bomb": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", manifestType)
			explode(w, r, http.StatusOK)
		}, UnsupportedManifest},
		"an index that is a bomb": {func(w http.ResponseWriter, r *http.Request) {
			index(w, r, func() { explode(w, r, http.StatusOK) })
		}, UnsupportedManifest},
		"an index that does not end": {func(w http.ResponseWriter, r *http.Request) {
			index(w, r, func() {
				for r.Context().Err() == nil {
					if _, err := w.Write(bytes.Repeat([]byte(" "), 64<<10)); err != nil {
						return
					}
				}
			})
		}, UnsupportedManifest},
		"a token that is a bomb": {bearer(func(w http.ResponseWriter, r *http.Request) { explode(w, r, http.StatusOK) }), RegistryUnavailable},
		"a list of tags that is one": {func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/tags/list") {
				explode(w, r, http.StatusOK)
				return
			}
			status(w, http.StatusNotFound, "MANIFEST_UNKNOWN")
		}, ImageNotFound},
		"a refusal that is one":   {func(w http.ResponseWriter, r *http.Request) { explode(w, r, http.StatusForbidden) }, RegistryUnavailable},
		"a token server's is one": {bearer(func(w http.ResponseWriter, r *http.Request) { explode(w, r, http.StatusForbidden) }), RegistryUnavailable},
		"an index byte by byte": {func(w http.ResponseWriter, r *http.Request) {
			index(w, r, func() { drip(w, r) })
		}, Timeout},
		"a token byte by byte": {bearer(drip), Timeout},
		"a token server that redirects in a loop": {bearer(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		}), RegistryUnavailable},
		"a token server that redirects ever further": {bearer(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"?x="+r.URL.Query().Get("x")+"x", http.StatusFound)
		}), RegistryUnavailable},
		"a Retry-After beyond all measure": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "18446744073709551615")
			w.WriteHeader(http.StatusTooManyRequests)
		}, RateLimited},
		"a Retry-After below all measure": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "-9223372036854775808")
			w.WriteHeader(http.StatusTooManyRequests)
		}, RateLimited},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := serve(t, tc.handler)
			wantSmall(t, r, tc.want)
		})
	}
}

// drip never stops, and never says much.
func drip(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		io.WriteString(w, " ")
		w.(http.Flusher).Flush()
		time.Sleep(20 * time.Millisecond)
	}
}

// TestWire is about servers that do not speak HTTP as it is meant.
func TestWire(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, tc := range map[string]struct {
		// begin is sent once, and again without end.
		begin, again string
		want         Reason
	}{
		"early hints without end":     {"", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", RegistryUnavailable},
		"continues without end":       {"", "HTTP/1.1 100 Continue\r\n\r\n", RegistryUnavailable},
		"a status line without end":   {"HTTP/1.1 200 ", "OK", RegistryUnavailable},
		"a header without end":        {ok, "X: y\r\n", RegistryUnavailable},
		"nonsense without end":        {"", "SSH-2.0-x\r\n", RegistryUnavailable},
		"trailers without end":        {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n", RegistryUnavailable},
		"a chunk size without end":    {ok + "Transfer-Encoding: chunked\r\n\r\n", "0", RegistryUnavailable},
		"a chunk extension, the same": {ok + "Transfer-Encoding: chunked\r\n\r\n1;", "x", RegistryUnavailable},
		"two lengths":                 {ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "", RegistryUnavailable},
		"a switch of protocols":       {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			config := DefaultConfig()
			config.Registries.ConfigDir = registrytest.ConfigDir(t, map[string]string{"registry.test": "http://" + wire(t, tc.begin, tc.again)})
			wantSmall(t, newResolver(t, config), tc.want)
		})
	}
}

// wire answers each connection's first request so.
func wire(t *testing.T, begin, again string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	serve := func(conn net.Conn) {
		defer conn.Close()
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		io.WriteString(conn, begin)
		for again != "" {
			if _, err := io.WriteString(conn, strings.Repeat(again, 1000)); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return l.Addr().String()
}

// wantSmall checks an image, and requires a verdict in time, memory and words. No
// Reason means any that is not definite.
func wantSmall(t *testing.T, r *Resolver, want Reason) {
	t.Helper()
	r.config.Limits.LookupTimeout = metav1.Duration{Duration: sizesTimeout}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	if took > sizesTimeout+explainTimeout+3*time.Second {
		t.Errorf("took %v", took)
	}
	if spent := after.TotalAlloc - before.TotalAlloc; spent > maxMemory {
		t.Errorf("allocated %d MiB, want at most %d", spent>>20, maxMemory>>20)
	}
	if v.Reason != want && (want != "" || v.Class != ClassUnverified) {
		t.Errorf("%s: %s (%s), want %s", v.Reason, v.Message, v.Detail, want)
	}
	wantModest(t, v)
}
