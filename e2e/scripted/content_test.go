package scripted

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// manifest is the body by digest, as an index or as a manifest.
func manifest[T any](t *testing.T, s *Server, digest string) (m T) {
	t.Helper()
	resp, body := ask(t, s, "GET", "manifests/"+digest)
	if resp.StatusCode != 200 {
		t.Fatalf("GET %s: %s", digest, resp.Status)
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func entries(t *testing.T, children ...Child) (*Server, []v1.Descriptor) {
	t.Helper()
	s, image := start(t, Behaviour{Content: Content{Kind: Index, Children: children}})
	return s, manifest[v1.IndexManifest](t, s, image.Digest).Manifests
}

func TestSizes(t *testing.T) {
	for size, want := range map[Size]int64{"": 100, "+7": 107, "-7": 93, Zero: 0, Negative: -1} {
		if got := size.of(100); got != want {
			t.Errorf("%q makes %d of 100, want %d", size, got, want)
		}
	}
	for length, want := range map[string]int{"": 0, "zero": -1000, "+1766": 1766, "-5": -5} {
		s, image := start(t, Behaviour{Headers: Headers{Length: length}})
		_, body := ask(t, s, "GET", "manifests/"+image.Digest)
		resp, _ := ask(t, s, "HEAD", "manifests/v1")
		if got := int(resp.ContentLength); got != max(0, len(body)+want) {
			t.Errorf("length %q: HEAD says %d of %d", length, got, len(body))
		}
	}
}

func TestEntries(t *testing.T) {
	s, list := entries(t,
		Child{Platform: "windows/amd64:10.0.17763.1", Features: []string{"win32k"}, Size: "+7"},
		Child{Type: Absent, Data: true},
		Child{Platform: "unknown/unknown", Kind: Attestation},
		Child{Platform: "linux/arm/v7", Kind: ORAS},
		Child{Platform: "linux/amd64", Kind: DockerImage, Serves: "text/html"},
	)
	if p := list[0].Platform; p == nil || p.OSVersion != "10.0.17763.1" || len(p.OSFeatures) != 1 {
		t.Errorf("platform %+v", list[0].Platform)
	}
	length := func(i int) int {
		_, body := ask(t, s, "GET", "manifests/"+list[i].Digest.String())
		return len(body)
	}
	if want := int64(length(0) + 7); list[0].Size != want {
		t.Errorf("size %d, want %d", list[0].Size, want)
	}
	if list[1].MediaType != "" || list[1].Platform != nil || len(list[1].Data) != length(1) {
		t.Errorf("an entry without type or platform: %+v", list[1])
	}
	if list[2].Annotations["vnd.docker.reference.type"] != "attestation-manifest" {
		t.Errorf("an attestation: %+v", list[2])
	}
	if m := manifest[v1.Manifest](t, s, list[3].Digest.String()); m.Config.MediaType != "application/vnd.oci.empty.v1+json" {
		t.Errorf("an artifact: %+v", m)
	}
	if resp, _ := ask(t, s, "HEAD", "manifests/"+list[4].Digest.String()); resp.Header.Get("Content-Type") != "text/html" {
		t.Errorf("the last is served as %s", resp.Header)
	}
}

// HEAD and GET of a child are told apart, and nothing of it touches another.
func TestChildStatuses(t *testing.T) {
	s, list := entries(t, Child{Head: Statuses{404}}, Child{Get: Statuses{503, 200}}, Child{}, Child{ConfigBlob: Statuses{404}, LayerBlob: Statuses{403}})
	for i, want := range []struct{ head, get []int }{{[]int{404}, []int{200}}, {[]int{200}, []int{503, 200}}, {[]int{200}, []int{200}}} {
		for _, status := range want.head {
			if resp, _ := ask(t, s, "HEAD", "manifests/"+list[i].Digest.String()); resp.StatusCode != status {
				t.Errorf("HEAD of child %d: %s, want %d", i, resp.Status, status)
			}
		}
		for _, status := range want.get {
			if resp, _ := ask(t, s, "GET", "manifests/"+list[i].Digest.String()); resp.StatusCode != status {
				t.Errorf("GET of child %d: %s, want %d", i, resp.Status, status)
			}
		}
	}
	for i, want := range map[int][2]int{2: {200, 200}, 3: {404, 403}} {
		m := manifest[v1.Manifest](t, s, list[i].Digest.String())
		config, _ := ask(t, s, "GET", "blobs/"+m.Config.Digest.String())
		layer, _ := ask(t, s, "GET", "blobs/"+m.Layers[0].Digest.String())
		if got := [2]int{config.StatusCode, layer.StatusCode}; got != want {
			t.Errorf("config and layer of child %d: %v, want %v", i, got, want)
		}
	}
}

func TestImages(t *testing.T) {
	for label, tc := range map[string]struct {
		b             Behaviour
		config, layer int // the statuses of GET
		off           [2]int64
	}{
		"right":            {Behaviour{}, 200, 200, [2]int64{0, 0}},
		"sizes":            {Behaviour{Content: Content{ConfigSize: "+5", LayerSize: "-5"}}, 200, 200, [2]int64{5, -5}},
		"lost":             {Behaviour{Config: Statuses{404}, Layer: Statuses{403}}, 404, 403, [2]int64{0, 0}},
		"foreign":          {Behaviour{Content: Content{Foreign: There}}, 200, 404, [2]int64{0, 0}},
		"gone":             {Behaviour{Content: Content{Foreign: Gone}}, 200, 404, [2]int64{0, 0}},
		"here":             {Behaviour{Content: Content{Foreign: Here, Kind: DockerImage}}, 200, 200, [2]int64{0, 0}},
		"three layers":     {Behaviour{Content: Content{Layers: 3}, Layer: Statuses{404}}, 200, 404, [2]int64{0, 0}},
		"the base is lost": {Behaviour{Content: Content{Layers: 2}, Base: Statuses{404}}, 200, 200, [2]int64{0, 0}},
		"held in there":    {Behaviour{Content: Content{ConfigData: true}, Config: Statuses{404}}, 404, 200, [2]int64{0, 0}},
	} {
		t.Run(label, func(t *testing.T) {
			s, image := start(t, tc.b)
			m := manifest[v1.Manifest](t, s, image.Digest)
			last := m.Layers[len(m.Layers)-1]
			for _, part := range []struct {
				d      v1.Descriptor
				status int
				off    int64
			}{{m.Config, tc.config, tc.off[0]}, {last, tc.layer, tc.off[1]}} {
				resp, body := ask(t, s, "GET", "blobs/"+part.d.Digest.String())
				if resp.StatusCode != part.status {
					t.Errorf("%s: %s, want %d", part.d.MediaType, resp.Status, part.status)
				}
				if resp.StatusCode == 200 && part.d.Size != int64(len(body))+part.off {
					t.Errorf("%s: size %d of %d", part.d.MediaType, part.d.Size, len(body))
				}
			}
			if len(m.Layers) != max(1, tc.b.Content.Layers) || (m.Config.Data != nil) != tc.b.Content.ConfigData {
				t.Errorf("%d layers, config data %q", len(m.Layers), m.Config.Data)
			}
			if want := map[string]int{"": 0, There: 200, Gone: 404, Here: 404}[tc.b.Content.Foreign]; want != 0 {
				if resp, _ := send(t, "GET", last.URLs[0], ""); resp.StatusCode != want {
					t.Errorf("at %s: %s, want %d", last.URLs[0], resp.Status, want)
				}
			}
		})
	}
}

// A layer with which something is wrong is like no other; one in common is not.
func TestLayersInCommon(t *testing.T) {
	layer := func(c Content, status int) string {
		s, image := start(t, Behaviour{Content: c, Layer: Statuses{status}})
		return manifest[v1.Manifest](t, s, image.Digest).Layers[0].Digest.String()
	}
	if own, common := layer(Content{}, 404), layer(Content{Common: true}, 404); own == common {
		t.Error("a layer that is missing is in common with others")
	}
	if a, b := layer(Content{Common: true}, 404), layer(Content{Common: true, Platform: "linux/arm64"}, 200); a != b {
		t.Error("layers in common differ")
	}
}

func TestBlobs(t *testing.T) {
	for label, tc := range map[string]struct {
		blobs     Blobs
		head, get [2]int // at the registry, and where it redirects to
		length    int
	}{
		"right":    {Blobs{}, [2]int{200, 0}, [2]int{200, 0}, 0},
		"no HEAD":  {Blobs{Head: Statuses{405}}, [2]int{405, 0}, [2]int{200, 0}, 0},
		"length":   {Blobs{Length: "+9"}, [2]int{200, 0}, [2]int{200, 0}, 9},
		"redirect": {Blobs{Redirect: Serving}, [2]int{307, 200}, [2]int{307, 200}, 0},
		"signed":   {Blobs{Redirect: Signed}, [2]int{307, 403}, [2]int{307, 200}, 0},
		"empty":    {Blobs{Redirect: Empty}, [2]int{307, 404}, [2]int{307, 404}, 0},
	} {
		t.Run(label, func(t *testing.T) {
			s, image := start(t, Behaviour{Blobs: tc.blobs})
			m := manifest[v1.Manifest](t, s, image.Digest)
			for method, want := range map[string][2]int{"HEAD": tc.head, "GET": tc.get} {
				resp, _ := ask(t, s, method, "blobs/"+m.Config.Digest.String())
				got := [2]int{resp.StatusCode, 0}
				if location := resp.Header.Get("Location"); location != "" {
					resp, _ = send(t, method, s.URL()+location, "")
					got[1] = resp.StatusCode
				}
				if got != want {
					t.Errorf("%s: %v, want %v", method, got, want)
				}
				if method == "HEAD" && resp.StatusCode == 200 && resp.ContentLength != m.Config.Size+int64(tc.length) {
					t.Errorf("HEAD says %d of %d", resp.ContentLength, m.Config.Size)
				}
			}
		})
	}
}

func TestSignedRedirect(t *testing.T) {
	s, _ := start(t, Behaviour{Redirect: Redirect{Hops: 1, Signed: true}})
	for method, want := range map[string]string{"HEAD": "403 application/xml", "GET": "200 application/vnd.oci.image.manifest.v1+json"} {
		resp, _ := send(t, method, s.URL()+"/hop/1/"+name+"/manifests/v1", "")
		if got := fmt.Sprint(resp.StatusCode, " ", resp.Header.Get("Content-Type")); got != want {
			t.Errorf("%s: %s, want %s", method, got, want)
		}
	}
}

func TestHeadersOfGet(t *testing.T) {
	s, image := start(t, Behaviour{Headers: Headers{FetchType: "text/html", Version: true}})
	for target, want := range map[string]string{"manifests/v1": "application/vnd.oci.image.manifest.v1+json", "manifests/" + image.Digest: "text/html"} {
		resp, body := ask(t, s, "GET", target)
		if resp.Header.Get("Content-Type") != want || resp.Header.Get("Docker-Distribution-Api-Version") == "" || resp.Header.Get("Content-Length") != strconv.Itoa(len(body)) {
			t.Errorf("%s: %v, want %s", target, resp.Header, want)
		}
	}
}

// A mirror holds what the registry holds, under the same digests.
func TestMirrorHoldsTheSame(t *testing.T) {
	s, image := start(t, Behaviour{})
	if mirrored, err := s.Set("mirror/"+name, Behaviour{Head: Statuses{404}}); err != nil || mirrored != image {
		t.Errorf("%v, %v, want %v", mirrored, err, image)
	}
}
