package content

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/containerd/platforms"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/registry"
)

// Errors of a store: one that is for good, and one that may pass.
var (
	errGone    = errors.New("404")
	errPassing = errors.New("503")
)

// store is a repository's content, made by its methods. What is in failing fails.
type store struct {
	t        *testing.T
	bodies   map[digest.Digest][]byte
	failing  map[digest.Digest]error
	requests []string
}

func newStore(t *testing.T) *store {
	return &store{t: t, bodies: map[digest.Digest][]byte{}, failing: map[digest.Digest]error{}}
}

func (s *store) put(mediaType string, value any) ocispec.Descriptor {
	s.t.Helper()
	body, ok := value.([]byte)
	if !ok {
		var err error
		if body, err = json.Marshal(value); err != nil {
			s.t.Fatal(err)
		}
	}
	d := ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(body), Size: int64(len(body))}
	s.bodies[d.Digest] = body
	return d
}

// image makes an image whose config says a platform, with one layer.
func (s *store) image(platform string, change ...func(*ocispec.Manifest)) ocispec.Descriptor {
	s.t.Helper()
	p := platforms.MustParse(platform)
	layer := s.put(ocispec.MediaTypeImageLayerGzip, fmt.Appendf(nil, "layer of %s %d", platform, len(s.bodies)))
	config := s.put(ocispec.MediaTypeImageConfig, map[string]any{
		"os": p.OS, "architecture": p.Architecture, "variant": p.Variant,
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{layer.Digest.String()}},
	})
	m := ocispec.Manifest{MediaType: ocispec.MediaTypeImageManifest, Config: config, Layers: []ocispec.Descriptor{layer}}
	m.SchemaVersion = 2
	for _, c := range change {
		c(&m)
	}
	return s.put(ocispec.MediaTypeImageManifest, m)
}

func (s *store) index(entries ...ocispec.Descriptor) ocispec.Descriptor {
	x := ocispec.Index{MediaType: ocispec.MediaTypeImageIndex, Manifests: entries}
	x.SchemaVersion = 2
	return s.put(ocispec.MediaTypeImageIndex, x)
}

func (s *store) lose(d ocispec.Descriptor, err error) ocispec.Descriptor {
	s.failing[d.Digest] = err
	return d
}

// on gives an entry a platform.
func on(platform string, d ocispec.Descriptor) ocispec.Descriptor {
	p := platforms.MustParse(platform)
	d.Platform = &p
	return d
}

func sized(size int64, d ocispec.Descriptor) ocispec.Descriptor {
	d.Size = size
	return d
}

func (s *store) Fetch(_ context.Context, d ocispec.Descriptor) ([]byte, error) {
	s.requests = append(s.requests, "GET "+d.Digest.String())
	return s.get(d)
}

func (s *store) Has(_ context.Context, d ocispec.Descriptor) (bool, error) {
	s.requests = append(s.requests, "HEAD "+d.Digest.String())
	_, err := s.get(d)
	return false, err
}

func (s *store) get(d ocispec.Descriptor) ([]byte, error) {
	if err := s.failing[d.Digest]; err != nil {
		return nil, err
	}
	body, ok := s.bodies[d.Digest]
	if !ok {
		return nil, errGone
	}
	if int64(len(body)) != d.Size {
		return nil, &registry.ManifestError{What: "another size", OtherContent: true}
	}
	return body, nil
}

func (s *store) reader() Reader {
	return Reader{
		Source:   s,
		Definite: func(err error) bool { return errors.Is(err, errGone) },
		Index: func(ctx context.Context, d ocispec.Descriptor) (*Index, error) {
			body, err := s.Fetch(ctx, d)
			if err != nil {
				return nil, err
			}
			return ParseIndex(body, d)
		},
	}
}

func amd64() Node {
	p := platforms.MustParse("linux/amd64")
	return Node{Key: KeyOf(p), Strict: platforms.OnlyStrict(p), Lenient: platforms.Only(p)}
}

// said is an Outcome in a word.
func said(o Outcome) string {
	switch {
	case o.NoMatch:
		return "no match"
	case o.Fault == nil:
		return "sound"
	case !o.Fault.Definite:
		return "unread"
	default:
		return "lost " + string(o.Fault.Part)
	}
}

// TestReadIndex: what either way of pulling comes to is as measured on real nodes.
func TestReadIndex(t *testing.T) {
	for name, tc := range map[string]struct {
		make    func(s *store) ocispec.Descriptor
		deep    bool
		def     string
		local   string
		atMost  int
		notKept bool
	}{
		"one child": {make: func(s *store) ocispec.Descriptor { return s.index(on("linux/amd64", s.image("linux/amd64"))) }, def: "sound", local: "sound", atMost: 1},
		"child lost (B02)": {make: func(s *store) ocispec.Descriptor {
			return s.index(on("linux/amd64", s.lose(s.image("linux/amd64"), errGone)))
		}, def: "lost manifest", local: "lost manifest"},
		"child down": {make: func(s *store) ocispec.Descriptor {
			return s.index(on("linux/amd64", s.lose(s.image("linux/amd64"), errPassing)))
		}, def: "unread", local: "unread", notKept: true},
		"another's is lost": {make: func(s *store) ocispec.Descriptor {
			return s.index(on("linux/arm64", s.lose(s.image("linux/arm64"), errGone)), on("linux/amd64", s.image("linux/amd64")))
		}, def: "sound", local: "sound", atMost: 1},
		"attestation is lost": {make: func(s *store) ocispec.Descriptor {
			d := s.lose(s.image("linux/amd64"), errGone)
			d.Platform = &ocispec.Platform{OS: "unknown", Architecture: "unknown"}
			return s.index(on("linux/amd64", s.image("linux/amd64")), d)
		}, def: "sound", local: "sound", atMost: 1},
		"second of two is lost": {make: func(s *store) ocispec.Descriptor {
			return s.index(on("linux/amd64", s.image("linux/amd64")), on("linux/amd64", s.lose(s.image("linux/amd64"), errGone)))
		}, def: "lost manifest", local: "sound"},
		"first of two is lost": {make: func(s *store) ocispec.Descriptor {
			return s.index(on("linux/amd64", s.lose(s.image("linux/amd64"), errGone)), on("linux/amd64", s.image("linux/amd64")))
		}, def: "lost manifest", local: "lost manifest"},
		"platform-less is lost (B12)": {make: func(s *store) ocispec.Descriptor {
			return s.index(s.lose(s.image("linux/amd64"), errGone), on("linux/amd64", s.image("linux/amd64")))
		}, def: "lost manifest", local: "sound"},
		"platform-less alone, lost": {make: func(s *store) ocispec.Descriptor { return s.index(s.lose(s.image("linux/amd64"), errGone)) }, def: "lost manifest", local: "lost manifest"},
		"386 alone (C79)":           {make: func(s *store) ocispec.Descriptor { return s.index(on("linux/386", s.image("linux/386"))) }, def: "no match", local: "sound"},
		"386, then amd64 lost": {make: func(s *store) ocispec.Descriptor {
			return s.index(on("linux/386", s.image("linux/386")), on("linux/amd64", s.lose(s.image("linux/amd64"), errGone)))
		}, def: "lost manifest", local: "lost manifest"},
		"wrong size (B08)": {make: func(s *store) ocispec.Descriptor {
			return s.index(on("linux/amd64", sized(592, s.image("linux/amd64"))))
		}, def: "lost manifest", local: "lost manifest"},
		"no size": {make: func(s *store) ocispec.Descriptor { return s.index(on("linux/amd64", sized(0, s.image("linux/amd64")))) }, def: "lost manifest", local: "lost manifest", atMost: 0},
		"negative size": {make: func(s *store) ocispec.Descriptor {
			return s.index(on("linux/amd64", sized(-1, s.image("linux/amd64"))))
		}, def: "lost manifest", local: "lost manifest"},
		"another's size is wrong": {make: func(s *store) ocispec.Descriptor {
			return s.index(on("linux/arm64", sized(0, s.image("linux/arm64"))), on("linux/amd64", s.image("linux/amd64")))
		}, def: "sound", local: "sound"},
		"nested": {make: func(s *store) ocispec.Descriptor {
			return s.index(on("linux/amd64", s.index(on("linux/amd64", s.image("linux/amd64")))))
		}, def: "sound", local: "sound"},
		"nested, lost":        {make: func(s *store) ocispec.Descriptor { return s.index(on("linux/amd64", s.lose(s.index(), errGone))) }, def: "lost index", local: "lost index"},
		"nested, down (B02n)": {make: func(s *store) ocispec.Descriptor { return s.index(on("linux/amd64", s.lose(s.index(), errPassing))) }, def: "unread", local: "unread", notKept: true},
		"nested, for v3 (B02n)": {make: func(s *store) ocispec.Descriptor {
			return s.index(on("linux/amd64", s.index(on("linux/amd64/v3", s.image("linux/amd64")))))
		}, def: "no match", local: "no match"},
		"nested of another, down": {make: func(s *store) ocispec.Descriptor {
			return s.index(on("linux/arm64", s.lose(s.index(), errPassing)), on("linux/amd64", s.image("linux/amd64")))
		}, def: "sound", local: "sound", atMost: 1},
		"artifact alone, platform-less": {make: func(s *store) ocispec.Descriptor {
			return s.index(s.image("linux/amd64", func(m *ocispec.Manifest) { m.Config = s.put("application/vnd.oci.empty.v1+json", []byte("{}")) }))
		}, def: "no match", local: "no match"},
		"artifact lost, platform-less": {make: func(s *store) ocispec.Descriptor {
			d := s.lose(s.put("application/vnd.acme", []byte("x")), errGone)
			return s.index(on("linux/amd64", s.image("linux/amd64")), d)
		}, def: "lost blob", local: "sound"},
		"empty": {make: func(s *store) ocispec.Descriptor { return s.index() }, def: "no match", local: "no match", atMost: 0},

		"deep": {make: func(s *store) ocispec.Descriptor { return s.index(on("linux/amd64", s.image("linux/amd64"))) }, deep: true, def: "sound", local: "sound", atMost: 3},
		"deep, config lost": {make: func(s *store) ocispec.Descriptor {
			return s.index(on("linux/amd64", s.image("linux/amd64", func(m *ocispec.Manifest) { s.lose(m.Config, errGone) })))
		}, deep: true, def: "lost config", local: "lost config"},
		"deep, layer lost": {make: func(s *store) ocispec.Descriptor {
			return s.index(on("linux/amd64", s.image("linux/amd64", func(m *ocispec.Manifest) { s.lose(m.Layers[0], errGone) })))
		}, deep: true, def: "lost layer", local: "lost layer"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			root := tc.make(s)
			x, err := ParseIndex(s.bodies[root.Digest], root)
			if err != nil {
				t.Fatal(err)
			}
			report := s.reader().ReadIndex(t.Context(), x, amd64(), tc.deep)
			if def, local := said(report.Default), said(report.Local); def != tc.def || local != tc.local {
				t.Errorf("%s and %s, want %s and %s", def, local, tc.def, tc.local)
			}
			if tc.atMost > 0 && len(s.requests) > tc.atMost {
				t.Errorf("requests: %v", s.requests)
			}
			if _, known := x.Known(amd64().Key); known == tc.notKept {
				t.Errorf("kept: %t", known)
			}
		})
	}
}

// TestReadImage: C83, C84 and C86, as measured on real nodes.
func TestReadImage(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(s *store, m *ocispec.Manifest)
		want   string
	}{
		"sound":             {func(*store, *ocispec.Manifest) {}, "sound"},
		"config lost":       {func(s *store, m *ocispec.Manifest) { s.lose(m.Config, errGone) }, "lost config"},
		"config down":       {func(s *store, m *ocispec.Manifest) { s.lose(m.Config, errPassing) }, "unread"},
		"config of no size": {func(_ *store, m *ocispec.Manifest) { m.Config.Size = 0 }, "lost config"},
		"config of a size":  {func(_ *store, m *ocispec.Manifest) { m.Config.Size++ }, "lost config"},
		"config no JSON":    {func(s *store, m *ocispec.Manifest) { m.Config = s.put(m.Config.MediaType, []byte("no JSON")) }, "lost config"},
		"config in itself": {func(s *store, m *ocispec.Manifest) {
			m.Config.Data = s.bodies[m.Config.Digest]
			s.lose(m.Config, errGone)
		}, "sound"},
		"layer lost":       {func(s *store, m *ocispec.Manifest) { s.lose(m.Layers[0], errGone) }, "lost layer"},
		"layer down":       {func(s *store, m *ocispec.Manifest) { s.lose(m.Layers[0], errPassing) }, "unread"},
		"layer of no size": {func(_ *store, m *ocispec.Manifest) { m.Layers[0].Size = 0 }, "lost layer"},
		"layer elsewhere": {func(s *store, m *ocispec.Manifest) {
			m.Layers[0].URLs = []string{"https://x"}
			s.lose(m.Layers[0], errGone)
		}, "sound"},
		"layers ≠ diff_ids": {func(_ *store, m *ocispec.Manifest) { m.Layers = append(m.Layers, m.Layers[0]) }, "lost config"},
		"lost and down":     {func(s *store, m *ocispec.Manifest) { s.lose(m.Config, errGone); s.lose(m.Layers[0], errPassing) }, "lost config"},
		"artifact": {func(_ *store, m *ocispec.Manifest) {
			m.Config.MediaType, m.Layers[0].MediaType = "application/x", "application/y"
		}, "sound"},
		"artifact, blob lost": {func(s *store, m *ocispec.Manifest) {
			m.Config.MediaType, m.Layers[0].MediaType = "application/x", "application/y"
			s.lose(m.Layers[0], errGone)
		}, "lost blob"},
		"an index": {func(_ *store, m *ocispec.Manifest) { m.MediaType = ocispec.MediaTypeImageIndex }, "lost manifest"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			d := s.image("linux/amd64", func(m *ocispec.Manifest) { tc.change(s, m) })
			report := s.reader().ReadImage(t.Context(), d)
			if got := said(report.Default); got != tc.want {
				t.Errorf("%s, want %s: %+v", got, tc.want, report.Default.Fault)
			}
		})
	}
}

// TestLimits: an image costs a bounded number of requests, and what is beyond them
// is not known.
func TestLimits(t *testing.T) {
	s := newStore(t)
	var entries []ocispec.Descriptor
	for range 2 * maxRequests {
		entries = append(entries, s.image("linux/amd64"))
	}
	root := s.index(append([]ocispec.Descriptor{on("linux/amd64", s.image("linux/amd64"))}, entries...)...)
	x, err := ParseIndex(s.bodies[root.Digest], root)
	if err != nil {
		t.Fatal(err)
	}
	report := s.reader().ReadIndex(t.Context(), x, amd64(), false)
	if len(s.requests) > maxRequests || said(report.Default) != "unread" {
		t.Errorf("%d requests, %s", len(s.requests), said(report.Default))
	}
	var limit *LimitError
	if !errors.As(report.Default.Fault.Err, &limit) || !strings.Contains(limit.Error(), "more parts") {
		t.Errorf("%v", report.Default.Fault.Err)
	}
}

// TestShallowDoesNotReplaceDeep: what was found out in depth stays.
func TestShallowDoesNotReplaceDeep(t *testing.T) {
	s := newStore(t)
	root := s.index(on("linux/amd64", s.image("linux/amd64")))
	x, err := ParseIndex(s.bodies[root.Digest], root)
	if err != nil {
		t.Fatal(err)
	}
	s.reader().ReadIndex(t.Context(), x, amd64(), true)
	s.reader().ReadIndex(t.Context(), x, amd64(), false)
	if known, _ := x.Known(amd64().Key); !known.Deep {
		t.Error("a shallow report has taken a deep one's place")
	}
}

func TestSet(t *testing.T) {
	s := NewSet(100)
	for n := range 1000 {
		s.Add(fmt.Sprint(n))
		if !s.Has(fmt.Sprint(n)) {
			t.Fatalf("%d is not in the set", n)
		}
	}
	if s.Has("0") || s.Has("nothing") {
		t.Error("what is old, or was never added, is in the set")
	}
	if n := len(s.young) + len(s.older); n > 100 {
		t.Errorf("%d entries", n)
	}
}
