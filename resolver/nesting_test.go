package resolver

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// indexOf is an index of n entries, all of the document that comes next.
func indexOf(n int, mediaType, platform string) string {
	entry := fmt.Sprintf(`{"mediaType":%q,"digest":"sha256:1","size":0%s}`, mediaType, platform)
	return `{"manifests":[` + strings.TrimSuffix(strings.Repeat(entry+",", n), ",") + `]}`
}

// TestNesting: an index costs a bounded number of requests, and of memory, however
// deep, wide or long it is.
func TestNesting(t *testing.T) {
	const (
		index = "application/vnd.oci.image.index.v1+json"
		arm   = `,"platform":{"os":"linux","architecture":"arm64"}`
	)
	deep := func(n int) []string {
		documents := []string{}
		for range n {
			documents = append(documents, indexOf(1, index, ""))
		}
		return append(documents, indexOf(1, manifestType, `,"platform":{"os":"linux","architecture":"amd64"}`), manifestBody)
	}
	for name, tc := range map[string]struct {
		documents []string
		want      Reason
		requests  int
	}{
		"nested as deep as may be": {deep(3), Pullable, 6},
		"nested too deep":          {deep(5), Overloaded, 6},
		"wide":                     {[]string{indexOf(100, index, ""), indexOf(100, index, ""), indexOf(1, manifestType, arm), manifestBody}, PlatformMismatch, 4},
		"long":                     {[]string{indexOf(20_000, manifestType, arm), manifestBody}, PlatformMismatch, 2},
		"long, without platforms":  {[]string{indexOf(25_000, manifestType, ""), strings.ReplaceAll(manifestBody, `"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2`, `"sha256:1","size":0`), "{}"}, PlatformMismatch, 4},
	} {
		t.Run(name, func(t *testing.T) {
			top, byDigest := link([]byte(strings.Join(tc.documents, "\x00")))
			r, n := alone(t, func(req *http.Request) *http.Response {
				_, name, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/v2/app/"), "/")
				document, ok := byDigest[name]
				if !ok {
					document = top
				}
				mediaType := manifestType
				if strings.Contains(string(document), "manifests") {
					mediaType = index
				}
				return reply(req, http.StatusOK, fmt.Sprintf("Content-Type: %s\nContent-Length: %d\nDocker-Content-Digest: %s", mediaType, len(document), digestOf(byDigest, document)), document)
			})
			var v Verdict
			spent := allocated(func() {
				v = r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil), Nodes: nodes{platforms: []string{"linux/amd64"}}})
			})
			if spent > maxMemory {
				t.Errorf("allocated %d MiB, want at most %d", spent>>20, maxMemory>>20)
			}
			if v.Reason != tc.want {
				t.Errorf("%s: %s (%s), want %s", v.Reason, v.Message, v.Detail, tc.want)
			}
			wantModest(t, v)
			n.wantFew(t, tc.requests)
		})
	}
}

func digestOf(byDigest map[string][]byte, document []byte) string {
	for d, known := range byDigest {
		if string(known) == string(document) {
			return d
		}
	}
	return ""
}

// HTTP/2 has floods of its own, and a node's containerd does not speak it to a
// registry either.
func TestNoHTTP2(t *testing.T) {
	var proto atomic.Value
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proto.Store(r.Proto)
		open(w, r)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	config := patient()
	config.Registries.ConfigDir = t.TempDir()
	registrytest.Map(t, config.Registries.ConfigDir, "registry.test", fmt.Sprintf("server = %q\nskip_verify = true\n", server.URL))
	v := newResolver(t, config).Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
	if v.Reason != Pullable || proto.Load() != "HTTP/1.1" {
		t.Errorf("%s, spoken in %v", v.Reason, proto.Load())
	}
}
