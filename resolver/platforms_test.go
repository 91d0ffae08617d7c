package resolver

import (
	"io"
	"log"
	"strings"
	"testing"

	"github.com/containerd/platforms"
	ggcrregistry "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// nodesOf are nodes as containerd writes their platforms: windows(10.0.20348)/amd64.
type nodesOf []string

// Platforms parses them.
func (n nodesOf) Platforms() (list []ocispec.Platform) {
	for _, p := range n {
		list = append(list, platforms.MustParse(p))
	}
	return list
}

// List knows of no image.
func (nodesOf) List(reference.Reference) bool { return false }

// silent stands for an image that the index says nothing of, in indexWith.
const silent = "silent: "

// indexWith makes an index with an image for each platform, written as above. The
// platform of a silent one is in its configuration alone.
func indexWith(t *testing.T, list ...string) v1.ImageIndex {
	t.Helper()
	var x v1.ImageIndex = empty.Index
	for n, written := range list {
		name, unsaid := strings.CutPrefix(written, silent)
		p := platforms.MustParse(name)
		if p.Architecture == "arm" && p.Variant == "" {
			p.Variant = "v7" // what the parser drops
		}
		file := &v1.ConfigFile{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant, OSVersion: p.OSVersion, Author: string(rune('a' + n))}
		image, err := mutate.ConfigFile(empty.Image, file)
		if err != nil {
			t.Fatal(err)
		}
		entry := mutate.IndexAddendum{Add: image}
		if !unsaid {
			entry.Platform = &v1.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant, OSVersion: p.OSVersion}
		}
		x = mutate.AppendManifests(x, entry)
	}
	return x
}

func TestPlatformsOfNodes(t *testing.T) {
	const (
		w2019, w2022, w2025 = "windows(10.0.17763)/amd64", "windows(10.0.20348)/amd64", "windows(10.0.26100)/amd64"
		w11                 = "windows(10.0.22631)/amd64"
		arm, v5, v6, v7, v8 = "linux/arm", "linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/arm/v8"
		amd64, wasi         = "linux/amd64", "wasi/wasm"
	)
	is := func(names ...string) []string { return names }
	for name, tc := range map[string]struct {
		index   []string
		nodes   nodesOf
		runtime string
		want    Reason
		says    string
	}{
		"Windows, its build (B09)":            {index: is(w2019), nodes: nodesOf{w2019}, want: Pullable},
		"Windows, a revision of it":           {index: is("windows(10.0.17763.1234)/amd64"), nodes: nodesOf{w2019}, want: Pullable},
		"Windows, a newer one (B09)":          {index: is(w2022), nodes: nodesOf{w2019}, want: PlatformMismatch, says: "the platform of the nodes, windows(10.0.17763)/amd64: it is for windows(10.0.20348)/amd64"},
		"Windows, an older one (B09)":         {index: is(w2019), nodes: nodesOf{w2022}, want: PlatformMismatch},
		"Windows, newer than 2022 (B09)":      {index: is(w2025), nodes: nodesOf{w2022}, want: PlatformMismatch},
		"Windows, 2022 on 2025 (B09)":         {index: is(w2022), nodes: nodesOf{w2025}, want: Pullable},
		"Windows, between 2022 and 2025":      {index: is(w11), nodes: nodesOf{w2025}, want: Pullable},
		"Windows, 2019 on 2025":               {index: is(w2019), nodes: nodesOf{w2025}, want: PlatformMismatch},
		"Windows, no build in the index":      {index: is("windows/amd64"), nodes: nodesOf{w2019}, want: Pullable},
		"Windows, a node without a build":     {index: is(w2022), nodes: nodesOf{"windows/amd64"}, want: Pullable},
		"Windows, one of several":             {index: is(amd64, w2019, w2022), nodes: nodesOf{w2019}, want: Pullable},
		"Windows, some nodes only":            {index: is(w2022), nodes: nodesOf{w2019, w2022}, want: Pullable, says: "not windows(10.0.17763)/amd64: it is for windows(10.0.20348)/amd64"},
		"Windows, another architecture":       {index: is("windows(10.0.17763)/arm64"), nodes: nodesOf{w2019}, want: PlatformMismatch},
		"Windows, unsaid, its build":          {index: is(silent + w2019), nodes: nodesOf{w2019}, want: Pullable},
		"Windows, unsaid, another":            {index: is(silent + w2022), nodes: nodesOf{w2019}, want: PlatformMismatch},
		"Linux, for Windows":                  {index: is(w2022), nodes: nodesOf{amd64}, want: PlatformMismatch},
		"ARM, v6 and v7":                      {index: is(v6, v7), nodes: nodesOf{arm}, want: Pullable, says: "not linux/arm/v8"},
		"ARM, v7":                             {index: is(v7), nodes: nodesOf{arm}, want: Pullable, says: "not linux/arm/v6, linux/arm/v8: it is for linux/arm/v7"},
		"ARM, no variant, which is v7":        {index: is(arm), nodes: nodesOf{arm}, want: Pullable, says: "not linux/arm/v6"},
		"ARM, v8":                             {index: is(v8), nodes: nodesOf{arm}, want: Pullable, says: "not linux/arm/v6, linux/arm/v7"},
		"ARM, v5: with some settings":         {index: is(v5), nodes: nodesOf{arm}, want: Pullable, says: "not linux/arm/v6, linux/arm/v7"},
		"ARM, arm64":                          {index: is("linux/arm64", amd64), nodes: nodesOf{arm}, want: PlatformMismatch, says: "the platform of the nodes, linux/arm: it is for"},
		"ARM, unsaid":                         {index: is(silent + v7), nodes: nodesOf{arm}, want: Pullable, says: "not linux/arm/v6"},
		"ARM beside amd64":                    {index: is(amd64), nodes: nodesOf{arm, amd64}, want: Pullable, says: "not linux/arm: it is for linux/amd64"},
		"a known variant":                     {index: is(v7), nodes: nodesOf{"linux/arm/v6"}, want: PlatformMismatch},
		"64-bit, for 32":                      {index: is(v7), nodes: nodesOf{"linux/arm64"}, want: Pullable, says: "not linux/arm64"},
		"wasm":                                {index: is(wasi), nodes: nodesOf{amd64}, want: PlatformMismatch},
		"wasm, a RuntimeClass":                {index: is(wasi), nodes: nodesOf{amd64}, runtime: "wasmtime", want: NodeManaged, says: `it is for wasi/wasm; push one for it too, or choose other nodes; RuntimeClass "wasmtime" may be for another`},
		"wasm beside it, a RuntimeClass":      {index: is(wasi, amd64), nodes: nodesOf{amd64}, runtime: "wasmtime", want: Pullable},
		"Windows, a RuntimeClass for Hyper-V": {index: is(w2019), nodes: nodesOf{w2022}, runtime: "hyperv-2019", want: NodeManaged},
	} {
		t.Run(name, func(t *testing.T) {
			dir, url := registrytest.Serve(t, "registry.test", ggcrregistry.New(ggcrregistry.Logger(log.New(io.Discard, "", 0))))
			ref, err := parseURL(url + "/app:v1")
			if err != nil {
				t.Fatal(err)
			}
			if err := remote.WriteIndex(ref, indexWith(t, tc.index...)); err != nil {
				t.Fatal(err)
			}
			config := patient()
			config.Registries.ConfigDir = dir
			pod := Pod{Credentials: NewCredentials("dev", nil), Nodes: tc.nodes, RuntimeClass: tc.runtime}
			v := newResolver(t, config).Check(t.Context(), Image{Reference: "registry.test/app:v1"}, pod)
			if v.Reason != tc.want || !strings.Contains(v.Message, tc.says) || tc.want == Pullable && tc.says == "" && v.Message != "" {
				t.Errorf("%s %q (%s), want %s %q", v.Reason, v.Message, v.Detail, tc.want, tc.says)
			}
		})
	}
}
