package registry

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

const (
	thing     = `{"schemaVersion":2}`
	blobType  = "application/vnd.oci.image.layer.v1.tar+gzip"
	gone      = `{"errors":[{"code":"BLOB_UNKNOWN"}]}`
	elsewhere = "https://store.example.com/"
)

// reply is what a registry answers HEAD or GET with. Its zero value serves the thing.
type reply struct {
	status   int
	body     string
	length   string
	location string
	mime     string
}

func (r reply) write(w http.ResponseWriter, req *http.Request) {
	if r.status == 0 {
		r.status, r.body = http.StatusOK, thing+r.body
	}
	if r.mime == "" {
		r.mime = "application/octet-stream"
	}
	w.Header().Set("Content-Type", r.mime)
	if r.location != "" {
		w.Header().Set("Location", r.location)
	}
	if r.length == "" {
		r.length = fmt.Sprint(len(r.body))
	}
	if req.Method == http.MethodHead || r.length == fmt.Sprint(len(r.body)) {
		w.Header().Set("Content-Length", r.length)
	}
	w.WriteHeader(r.status)
	if req.Method != http.MethodHead {
		_, _ = io.WriteString(w, r.body)
	}
}

func content(t *testing.T, head, get reply) (*Content, *[]string) {
	t.Helper()
	var asked []string
	dir, _ := registrytest.Serve(t, "registry.test", http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked = append(asked, req.Method)
		if req.Method == http.MethodHead {
			head.write(w, req)
			return
		}
		get.write(w, req)
	}))
	ref, err := reference.Parse("registry.test/app:v1")
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewClient(Options{ConfigDir: dir}).Content(ref, Login{})
	if err != nil {
		t.Fatal(err)
	}
	return c, &asked
}

func descriptor(mediaType string) ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromString(thing), Size: int64(len(thing))}
}

// TestHas: a HEAD is enough where it is served, and proves nothing where it is
// refused: a node sends none.
func TestHas(t *testing.T) {
	refused := reply{status: http.StatusNotFound, body: gone, mime: "application/json"}
	for name, tc := range map[string]struct {
		head, get reply
		manifest  bool
		asks      string
		elsewhere bool
		status    int    // of a *StatusError
		what      string // of a *ManifestError
	}{
		"there":                    {asks: "HEAD"},
		"manifest, there":          {manifest: true, asks: "HEAD"},
		"HEAD refused":             {head: refused, asks: "HEAD GET"},
		"HEAD not known":           {head: reply{status: http.StatusMethodNotAllowed}, asks: "HEAD GET"},
		"both refused":             {head: refused, get: refused, asks: "HEAD GET", status: 404},
		"manifest, both refused":   {head: refused, get: refused, manifest: true, asks: "HEAD GET", status: 404},
		"HEAD down":                {head: reply{status: http.StatusBadGateway}, asks: "HEAD", status: 502},
		"elsewhere":                {head: reply{status: http.StatusTemporaryRedirect, location: elsewhere}, asks: "HEAD", elsewhere: true},
		"elsewhere, HEAD not":      {head: refused, get: reply{status: http.StatusTemporaryRedirect, location: elsewhere}, asks: "HEAD GET", elsewhere: true},
		"HEAD of another length":   {head: reply{length: "7"}, asks: "HEAD GET"},
		"another length":           {head: reply{body: "more"}, get: reply{body: "more"}, asks: "HEAD GET", what: "where 19 were announced"},
		"manifest, another length": {head: reply{body: " "}, get: reply{body: " "}, manifest: true, asks: "HEAD GET", what: "where 19 were announced"},
	} {
		t.Run(name, func(t *testing.T) {
			c, asked := content(t, tc.head, tc.get)
			mediaType := blobType
			if tc.manifest {
				mediaType = ocispec.MediaTypeImageManifest
			}
			isElsewhere, err := c.Has(t.Context(), descriptor(mediaType))
			if got := strings.Join(*asked, " "); !strings.HasPrefix(got, tc.asks) || tc.asks == "HEAD" && strings.Contains(got, "GET") {
				t.Errorf("asked with %s, want %s", got, tc.asks)
			}
			var status *StatusError
			var manifest *ManifestError
			switch {
			case tc.status != 0:
				if !errors.As(err, &status) || status.Code() != tc.status {
					t.Errorf("%v, want status %d", err, tc.status)
				}
			case tc.what != "":
				if !errors.As(err, &manifest) || !manifest.OtherContent || !strings.Contains(manifest.What, tc.what) {
					t.Errorf("%v, want %q", err, tc.what)
				}
			case err != nil || isElsewhere != tc.elsewhere:
				t.Errorf("elsewhere %t, %v", isElsewhere, err)
			}
		})
	}
}

// TestFetch: what comes has to be what its digest and its size say, and a page in its
// place says nothing.
func TestFetch(t *testing.T) {
	for name, tc := range map[string]struct {
		get   reply
		page  bool
		wrong bool
	}{
		"as announced":   {},
		"another body":   {get: reply{status: 200, body: strings.Repeat("x", len(thing)), mime: "application/json"}, page: true},
		"another one":    {get: reply{status: 200, body: `{"schemaVersion":3}`, mime: "application/json"}, wrong: true},
		"a page":         {get: reply{status: 200, body: "<html>", mime: "text/html"}, page: true},
		"a longer one":   {get: reply{body: " "}, wrong: true},
		"a gateway's":    {get: reply{status: 200, body: `{"message":"down"}`, mime: "application/json"}, page: true},
		"nothing at all": {get: reply{status: 200, mime: "application/json"}, page: true},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := content(t, reply{}, tc.get)
			body, err := c.Fetch(t.Context(), descriptor(ocispec.MediaTypeImageManifest))
			var page *PageError
			var manifest *ManifestError
			if errors.As(err, &page) != tc.page || errors.As(err, &manifest) != tc.wrong {
				t.Errorf("%q, %v", body, err)
			}
			if !tc.page && !tc.wrong && (err != nil || string(body) != thing) {
				t.Errorf("%q, %v", body, err)
			}
		})
	}
}
