package resolver

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/pullgate/pullgate/resolver/registry"
)

// maxManifestRequests is what one check may cost at most, whatever the registry
// serves: eight fetches for an index, with what surrounds them.
const maxManifestRequests = 60

// FuzzManifest serves any bytes as a manifest, with any headers: documents apart
// by NUL, of which the first is the tag's. A digest "sha256:N" in one of them
// stands for the document N after it.
func FuzzManifest(f *testing.F) {
	const index = "Content-Type: application/vnd.oci.image.index.v1+json\n"
	image := strings.ReplaceAll(manifestBody, `"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2`, `"sha256:1","size":0`)
	config := `{"architecture":"amd64","os":"linux"}`
	child := func(rest string) string {
		return `{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:1","size":0` + rest + `}]}`
	}
	nested := `{"manifests":[{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"sha256:1","size":0}]}`
	many := `{"manifests":[` + strings.Repeat(`{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"sha256:1","size":0},`, 50) + `{}]}`
	for _, documents := range [][]string{
		{image, config},
		{child(`,"platform":{"architecture":"arm64","os":"linux"}`), image, config},
		{child(""), image, config},
		{child(""), image, "{"},
		{nested, nested, nested, nested, nested, child(""), image, config},
		{many, many, image, config},
		{`{"manifests":[{"platform":{"architecture":"\u001b[31m","os":"` + strings.Repeat("x", 2000) + `"},"mediaType":"application/vnd.oci.image.manifest.v1+json"}]}`},
		{`{"manifests":` + strings.Repeat("[", 5000)}, {"{}"}, {"null"}, {""}, {`{"fsLayers":[]}`}, {`{"mediaType":1}`},
	} {
		body := []byte(strings.Join(documents, "\x00"))
		f.Add(uint16(0), index, body)
		f.Add(uint16(0), "Content-Type: "+manifestType+"\n", body)
	}
	f.Add(uint16(0), index+"Docker-Content-Digest: sha256:zz\n", []byte("{}"))
	f.Add(uint16(0), index+"Content-Length: 99999999999\nDocker-Content-Digest: "+otherDigest+"\n", []byte("{}"))
	f.Add(uint16(204), "Retry-After: 99999999999999999999\n", []byte(`{"errors":[{"code":"DENIED","message":"no\r\n"}]}`))
	f.Add(uint16(229), "Retry-After: 9223372036854775807\n", []byte("{}"))
	f.Add(uint16(107), "Location: /v2/app/manifests/v1\n", []byte("{}"))
	f.Fuzz(func(t *testing.T, statusSeed uint16, header string, body []byte) {
		first, byDigest := link(body)
		status := validStatus(statusSeed)
		r, n := alone(t, func(req *http.Request) *http.Response {
			_, last, _ := strings.Cut(req.URL.Path, "/v2/app/")
			kind, name, _ := strings.Cut(last, "/")
			if document, ok := byDigest[name]; ok && kind != "tags" {
				return reply(req, http.StatusOK, header, document)
			}
			if strings.HasPrefix(name, "sha256:") {
				return reply(req, http.StatusNotFound, "", nil)
			}
			return reply(req, status, header, first)
		})
		v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil), Nodes: nodes{platforms: []string{"linux/amd64"}}})
		wantModest(t, v)
		n.wantFew(t, maxManifestRequests)
		if registry.PassingStatus(status) && v.Class == ClassDefinite {
			t.Fatalf("status %d became %s: %s", status, v.Reason, v.Message)
		}
		if v.Reason == InternalError {
			t.Fatal(v.Message)
		}
	})
}

// link splits documents, and replaces the numbers in them by digests, and sizes of
// zero behind these by the right ones. The last can refer to none, so the digests
// are made from there.
func link(body []byte) (first []byte, byDigest map[string][]byte) {
	documents := strings.SplitN(string(body), "\x00", 8)
	digests := make([]string, len(documents))
	byDigest = map[string][]byte{}
	for n := len(documents) - 1; n >= 0; n-- {
		for step := 1; n+step < len(documents); step++ {
			whole := fmt.Sprintf(`"digest":%q,"size":%d`, digests[n+step], len(documents[n+step]))
			documents[n] = strings.ReplaceAll(documents[n], fmt.Sprintf(`"digest":"sha256:%d","size":0`, step), whole)
			documents[n] = strings.ReplaceAll(documents[n], fmt.Sprintf(`"sha256:%d"`, step), `"`+digests[n+step]+`"`)
		}
		digests[n] = digest.FromString(documents[n]).String()
		byDigest[digests[n]] = []byte(documents[n])
	}
	return []byte(documents[0]), byDigest
}
