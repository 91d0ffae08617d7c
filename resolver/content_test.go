package resolver

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	ggcrregistry "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// nodes are nodes of some platforms, which list some images.
type nodes struct {
	platforms []string // os/arch
	listed    []string
}

func (n nodes) Platforms() (list []ocispec.Platform) {
	for _, p := range n.platforms {
		os, arch, _ := strings.Cut(p, "/")
		list = append(list, ocispec.Platform{OS: os, Architecture: arch})
	}
	return list
}

func (n nodes) List(ref reference.Reference) bool {
	for _, l := range n.listed {
		if l == ref.String() {
			return true
		}
	}
	return false
}

// entry is one of an index: an image whose configuration is for config, and
// which the index says is for says.
type entry struct{ says, config string }

func platform(t *testing.T, s string) *v1.Platform {
	t.Helper()
	if s == "" {
		return nil
	}
	p, err := v1.ParsePlatform(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func index(t *testing.T, entries ...entry) v1.ImageIndex {
	t.Helper()
	var x v1.ImageIndex = empty.Index
	for n, e := range entries {
		file := &v1.ConfigFile{OS: "linux", Architecture: "amd64", Author: fmt.Sprint(n)}
		if p := platform(t, e.config); p != nil {
			file.OS, file.Architecture, file.Variant = p.OS, p.Architecture, p.Variant
		}
		image, err := mutate.ConfigFile(empty.Image, file)
		if err != nil {
			t.Fatal(err)
		}
		x = mutate.AppendManifests(x, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: platform(t, e.says)}})
	}
	return x
}

func TestIndexPlatforms(t *testing.T) {
	nested := func(t *testing.T, inner v1.ImageIndex) v1.ImageIndex {
		t.Helper()
		return mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: inner})
	}
	amd64, arm64, both := nodes{platforms: []string{"linux/amd64"}}, nodes{platforms: []string{"linux/arm64"}}, nodes{platforms: []string{"linux/amd64", "linux/arm64"}}
	for name, tc := range map[string]struct {
		index v1.ImageIndex
		nodes Nodes
		want  Reason
		says  string
	}{
		"has it":                       {index(t, entry{says: "linux/arm64"}, entry{says: "linux/amd64"}), amd64, Pullable, ""},
		"has not (C76)":                {index(t, entry{says: "linux/arm64"}), amd64, PlatformMismatch, "the platform of the nodes, linux/amd64: it is for linux/arm64"},
		"empty (C76)":                  {index(t), amd64, PlatformMismatch, "none for any platform"},
		"some nodes only (C76)":        {index(t, entry{says: "linux/amd64"}), both, Pullable, "not linux/arm64: it is for linux/amd64"},
		"all nodes":                    {index(t, entry{says: "linux/amd64"}, entry{says: "linux/arm64/v8"}), both, Pullable, ""},
		"variant v8 on arm64":          {index(t, entry{says: "linux/arm64/v8"}), arm64, Pullable, ""},
		"amd64/v3 only (C78)":          {index(t, entry{says: "linux/amd64/v3"}), amd64, PlatformMismatch, "linux/amd64/v3"},
		"386 only (C79)":               {index(t, entry{says: "linux/386"}), amd64, Pullable, "not every node"},
		"unsaid, arm64 (C80)":          {index(t, entry{config: "linux/arm64"}), amd64, PlatformMismatch, "linux/arm64"},
		"unsaid, amd64":                {index(t, entry{config: "linux/amd64"}), amd64, Pullable, ""},
		"unsaid comes after said":      {index(t, entry{config: "linux/arm64"}, entry{says: "linux/amd64"}), amd64, Pullable, ""},
		"only the first unsaid counts": {index(t, entry{config: "linux/arm64"}, entry{config: "linux/amd64"}), amd64, PlatformMismatch, ""},
		"unsaid beside another (C87)":  {index(t, entry{config: "linux/amd64"}, entry{says: "linux/arm64"}), amd64, PlatformMismatch, ""},
		"attestation beside":           {index(t, entry{says: "linux/amd64"}, entry{says: "unknown/unknown"}), amd64, Pullable, ""},
		"attestation only":             {index(t, entry{says: "unknown/unknown"}), amd64, PlatformMismatch, "none for any platform"},
		"nested":                       {nested(t, index(t, entry{says: "linux/amd64"})), amd64, Pullable, ""},
		"nested, has not":              {nested(t, index(t, entry{says: "linux/arm64"})), amd64, PlatformMismatch, "linux/arm64"},
		"nested too deep":              {nested(t, nested(t, nested(t, nested(t, index(t, entry{says: "linux/amd64"}))))), amd64, Overloaded, "nested deeper than pullgate follows"},
		"no nodes yet":                 {index(t, entry{says: "linux/arm64"}), nodes{}, Pullable, ""},
		"nodes not known":              {index(t, entry{says: "linux/arm64"}), nil, Pullable, ""},
		"has it for another OS":        {index(t, entry{says: "windows/amd64"}), amd64, PlatformMismatch, "windows/amd64"},
	} {
		t.Run(name, func(t *testing.T) {
			var gets atomic.Int64
			handler := ggcrregistry.New()
			dir, url := registrytest.Serve(t, "registry.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					gets.Add(1)
				}
				handler.ServeHTTP(w, r)
			}))
			ref, err := parseURL(url + "/app:v1")
			if err != nil {
				t.Fatal(err)
			}
			if err := remote.WriteIndex(ref, tc.index); err != nil {
				t.Fatal(err)
			}
			gets.Store(0)

			config := patient()
			config.Registries.ConfigDir = dir
			config.Cache.Tag.Duration = 0 // the index alone is kept
			r := newResolver(t, config)
			pod := Pod{Credentials: NewCredentials("dev", nil), Nodes: tc.nodes}
			v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, pod)
			if v.Reason != tc.want || !strings.Contains(v.Message, tc.says) || (tc.says == "" && tc.want == Pullable && v.Message != "") {
				t.Errorf("%s %q (%s), want %s %q", v.Reason, v.Message, v.Detail, tc.want, tc.says)
			}
			if tc.want == Overloaded { // and so it was not read
				return
			}
			first := gets.Load()
			r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, pod)
			if again := gets.Load() - first; again != 0 {
				t.Errorf("%d GETs for an index that is known", again)
			}
		})
	}
}

func parseURL(url string) (name.Reference, error) {
	return name.ParseReference(strings.TrimPrefix(url, "http://"))
}

// What is served under an index's digest must be that index.
func TestIndexBody(t *testing.T) {
	const (
		indexType = "application/vnd.oci.image.index.v1+json"
	)
	good := fmt.Sprintf(`{"schemaVersion":2,"manifests":[{"mediaType":%q,"digest":%q,"size":%d,"platform":{"os":"linux","architecture":"amd64"}}]}`, manifestType, manifestDigest, len(manifestBody))
	for name, tc := range map[string]struct {
		announced, served string
		status            int
		want              Reason
	}{
		"as announced":              {good, good, 200, Pullable},
		"another body (C86)":        {good, `{"schemaVersion":2,"manifests":[]}`, 200, ImageIncomplete},
		"not served (C86)":          {good, "", 404, ImageIncomplete},
		"not served now":            {good, "", 503, RegistryUnavailable},
		"not JSON":                  {"<html>", "<html>", 200, UnsupportedManifest},
		"a manifest":                {manifestBody, manifestBody, 200, UnsupportedManifest},
		"schema 1":                  {`{"fsLayers":[]}`, `{"fsLayers":[]}`, 200, UnsupportedManifest},
		"an entry without a digest": {`{"manifests":[{"mediaType":"` + indexType + `"}]}`, `{"manifests":[{"mediaType":"` + indexType + `"}]}`, 200, ImageIncomplete},
	} {
		runInBubble(t, name, func(t *testing.T) {
			r, _ := serve(t, func(w http.ResponseWriter, req *http.Request) {
				if strings.HasSuffix(req.URL.Path, manifestDigest) && tc.announced != manifestBody {
					manifest(w, req)
					return
				}
				w.Header().Set("Content-Type", indexType)
				w.Header().Set("Docker-Content-Digest", digest.FromString(tc.announced).String())
				if req.Method == http.MethodHead {
					w.Header().Set("Content-Length", fmt.Sprint(len(tc.announced)))
					return
				}
				status(w, tc.status, "")
				io.WriteString(w, tc.served)
			})
			v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil), Nodes: nodes{platforms: []string{"linux/amd64"}}})
			if v.Reason != tc.want {
				t.Errorf("%s %q (%s), want %s", v.Reason, v.Message, v.Detail, tc.want)
			}
		})
	}
}

// asked notes that it was asked for the nodes.
type asked struct {
	nodes
	times *int
}

func (a asked) Platforms() []ocispec.Platform { *a.times++; return a.nodes.Platforms() }

func (a asked) List(ref reference.Reference) bool { *a.times++; return a.nodes.List(ref) }

// A plain image that can be pulled is not held against the nodes: that would be a
// walk over all of them for nearly every Pod.
func TestNodesAreNotAskedInVain(t *testing.T) {
	r, _ := serve(t, open)
	times := 0
	for _, policy := range []corev1.PullPolicy{corev1.PullAlways, corev1.PullIfNotPresent} {
		v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1", PullPolicy: policy}, Pod{Credentials: NewCredentials("dev", nil), Nodes: asked{times: &times}})
		if v.Reason != Pullable {
			t.Errorf("%s %q, want Pullable", v.Reason, v.Message)
		}
	}
	if times != 0 {
		t.Errorf("the nodes were asked %d times", times)
	}
}

func TestPresentOnNode(t *testing.T) {
	const image = "registry.test/app:v1"
	has, hasNot := nodes{listed: []string{image}}, nodes{listed: []string{"registry.test/app:v2"}}
	for name, tc := range map[string]struct {
		registry http.HandlerFunc
		policy   corev1.PullPolicy
		nodes    Nodes
		want     Reason
		says     string
	}{
		"gone, IfNotPresent (C52)":    {always(404), corev1.PullIfNotPresent, has, PresentOnNode, `only nodes that have it already can start it: tag "v1" does not exist`},
		"refused, IfNotPresent (C53)": {basic, corev1.PullIfNotPresent, has, PresentOnNode, "only nodes"},
		"refused, no node (C53)":      {basic, corev1.PullIfNotPresent, hasNot, Unauthorized, ""},
		"gone, Always":                {always(404), corev1.PullAlways, has, ImageNotFound, ""},
		"gone, nothing known":         {always(404), corev1.PullIfNotPresent, nil, ImageNotFound, ""},
		"down, IfNotPresent (C52)":    {always(502), corev1.PullIfNotPresent, has, RegistryUnavailable, ""},
		"Never, a node has it":        {always(404), corev1.PullNever, has, NotPulled, ""},
		"Never, no node has (C51)":    {always(404), corev1.PullNever, hasNot, NotPulled, "no node is known to have it"},
		"Never, nothing known":        {always(404), corev1.PullNever, nil, NotPulled, ""},
	} {
		runInBubble(t, name, func(t *testing.T) {
			r, _ := serve(t, tc.registry)
			v := r.Check(t.Context(), Image{Reference: image, PullPolicy: tc.policy}, Pod{Credentials: NewCredentials("dev", nil), Nodes: tc.nodes})
			if v.Reason != tc.want || !strings.Contains(v.Message, tc.says) {
				t.Errorf("%s %q, want %s %q", v.Reason, v.Message, tc.want, tc.says)
			}
		})
	}
}
