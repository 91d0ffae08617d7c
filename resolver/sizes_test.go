package resolver

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
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
	// maxRead is what may be read of servers that send without end, in bytes: of each
	// answer a header or a manifest, and what lies in buffers.
	maxRead = 64 << 20
)

// bomb is JSON that begins well and goes on with a gigabyte of blanks.
func bomb(begin string) []byte {
	zipped := func(text []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write(text)
		w.Close()
		return b.Bytes()
	}
	// One after the other they are one stream too, and made in no time.
	return append(zipped([]byte(begin)), bytes.Repeat(zipped(bytes.Repeat([]byte(" "), 1<<20)), bombSize>>20)...)
}

// TestSizes: whatever a registry sends, there is a verdict in time and in little
// memory. Each of these would be without one of the caps.
func TestSizes(t *testing.T) {
	bombed := bomb("{")
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
		runInBubble(t, name, func(t *testing.T) {
			r, _ := serve(t, tc.handler)
			r.config.Limits.LookupTimeout = metav1.Duration{Duration: sizesTimeout}
			began := time.Now()
			wantSmall(t, r, tc.want)
			if took := time.Since(began); took > sizesTimeout+explainTimeout {
				t.Errorf("took %v", took)
			}
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

// TestWire is about servers that do not speak HTTP as it is meant: no more is read of
// them than must be.
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
			address, sent := wire(t, tc.begin, tc.again)
			config := patient()
			config.Registries.ConfigDir = registrytest.ConfigDir(t, map[string]string{"registry.test": "http://" + address})
			wantSmall(t, newResolver(t, config), tc.want)
			if n := sent.Load(); n > maxRead {
				t.Errorf("%d MiB were read, want at most %d", n>>20, maxRead>>20)
			}
		})
	}
}

// wire answers each connection's first request so, and counts the bytes that it got rid
// of. Without end is until there were far too many.
func wire(t *testing.T, begin, again string) (address string, sent *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	sent = &atomic.Int64{}
	serve := func(conn net.Conn) {
		defer conn.Close()
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		n, err := io.WriteString(conn, begin)
		chunk := strings.Repeat(again, 1000)
		for ; err == nil && again != "" && sent.Add(int64(n)) <= 4*maxRead; n, err = io.WriteString(conn, chunk) {
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
	return l.Addr().String(), sent
}

// wantSmall checks an image, and requires a verdict of little memory and few words. No
// Reason means any that is not definite.
func wantSmall(t *testing.T, r *Resolver, want Reason) {
	t.Helper()
	var v Verdict
	if spent := allocated(func() {
		v = r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
	}); spent > maxMemory {
		t.Errorf("allocated %d MiB, want at most %d", spent>>20, maxMemory>>20)
	}
	if v.Reason != want && (want != "" || v.Class != ClassUnverified) {
		t.Errorf("%s: %s (%s), want %s", v.Reason, v.Message, v.Detail, want)
	}
	wantModest(t, v)
}
