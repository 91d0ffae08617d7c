package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// memoryLimit is that of the container in the manifest.
const memoryLimit = 256 << 20

// oddRegistry answers as no registry should. Each repository is odd in its way.
func oddRegistry(t *testing.T) (address string) {
	t.Helper()
	const manifest = "application/vnd.oci.image.manifest.v1+json"
	mux := http.NewServeMux()
	handle := func(repository string, answer http.HandlerFunc) {
		mux.HandleFunc("/v2/"+repository+"/", answer)
	}
	handle("html", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html>Please log in to the guest network</html>")
	})
	handle("loop", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, req.URL.Path, http.StatusTemporaryRedirect)
	})
	handle("endless", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", manifest)
		chunk := strings.Repeat("x", 64<<10)
		for req.Method == http.MethodGet && req.Context().Err() == nil {
			if _, err := io.WriteString(w, chunk); err != nil {
				return
			}
		}
	})
	handle("large", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", manifest)
		w.Header().Set("Docker-Content-Digest", absentDigest)
		w.Header().Set("Content-Length", strconv.Itoa(5<<20))
	})
	handle("messages/json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
		_, _ = io.WriteString(w, "{}")
	})
	handle("messages/html", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Docker-Content-Digest", absentDigest)
		w.Header().Set("Content-Length", "10")
	})
	handle("messages/limited", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) })
	handle("messages/failing", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	handle("long-error", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprintf(w, `{"errors":[{"code":"DENIED","message":"no\r\n\u001b[31m %s"}]}`, strings.Repeat("no ", 10<<10))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// testOddRegistry: whatever a registry says, there is a verdict, in few words and little
// memory.
func testOddRegistry(t *testing.T, s *suite) {
	ns := s.namespace(t, nil)
	// docs/conformance.md: C60, C70, C82, C67.
	for repository, denied := range map[string]bool{"html": false, "loop": true, "endless": false, "large": true, "long-error": true} {
		t.Run(repository, func(t *testing.T) {
			image := oddHost + "/" + repository + ":v1"
			o := s.create(t, ns, pod(image))
			if !denied && o.denial == nil {
				o.warned(t, image, firstImage)
				return
			}
			if o.denial == nil {
				t.Fatalf("let through, with the warnings %q", o.warnings)
			}
			wantOneLine(t, o.denial.Message)
			if m := o.denial.Message; !strings.Contains(m, image) || !strings.Contains(m, firstImage) || len(m) > hostileLimit {
				t.Errorf("a message of %d bytes: %.500q", len(m), m)
			}
		})
	}
	resident, err := s.residentMemory(t)
	if err != nil {
		t.Fatal(err)
	}
	if resident > memoryLimit {
		t.Errorf("pullgate takes %d MiB of memory, more than the manifest allows", resident>>20)
	}
}

// residentMemory is what the server's metrics say, in bytes; 0 where they don't,
// as on systems other than Linux.
func (s *suite) residentMemory(t *testing.T) (int64, error) {
	t.Helper()
	body, err := s.metrics(t)
	if err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(strings.NewReader(body)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "process_resident_memory_bytes "); ok {
			bytes, err := strconv.ParseFloat(value, 64)
			return int64(bytes), err
		}
	}
	return 0, nil
}
