package conformance

import (
	"fmt"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/e2e/scripted"
)

// elsewhere are the pools whose nodes are of another kind of machine, with what
// such a node may be: it cannot be asked, but containerd's matcher can.
func elsewhere() map[Pool][]ocispec.Platform {
	windows := func(version string) []ocispec.Platform {
		return []ocispec.Platform{{OS: "windows", Architecture: "amd64", OSVersion: version}}
	}
	return map[Pool][]ocispec.Platform{
		Windows2019: windows("10.0.17763"),
		Windows2022: windows("10.0.20348"),
		Windows2025: windows("10.0.26100"),
		// The Node object says "arm", and containerd reads the variant from the
		// processor.
		ARM: {
			{OS: "linux", Architecture: "arm", Variant: "v6"},
			{OS: "linux", Architecture: "arm", Variant: "v7"},
			{OS: "linux", Architecture: "arm", Variant: "v8"},
		},
	}
}

// matched says what nodes do with content that has nothing wrong but its
// platforms. A node takes its own platform out of the box, and by local pull what
// its processor can do as well; what is no index it takes as it is.
func matched(c scripted.Content, nodes []ocispec.Platform) (NodeOutcome, error) {
	if c.Kind != scripted.Index && c.Kind != scripted.DockerList {
		return Pulled, nil
	}
	pulls, fails := false, false
	for _, n := range nodes {
		for _, m := range matchers(n) {
			has, err := hasFor(c.Children, m)
			if err != nil {
				return "", err
			}
			pulls, fails = pulls || has, fails || !has
		}
	}
	switch {
	case pulls && fails:
		return SomePull, nil
	case pulls:
		return Pulled, nil
	default:
		return ErrPull, nil
	}
}

// matchers are those of both kinds of node.
func matchers(n ocispec.Platform) []platforms.Matcher {
	return []platforms.Matcher{platforms.OnlyStrict(n), platforms.Only(n)}
}

func hasFor(children []scripted.Child, m platforms.Matcher) (bool, error) {
	for _, c := range children {
		p, err := v1.ParsePlatform(c.Platform)
		if err != nil {
			return false, fmt.Errorf("platform %q: %w", c.Platform, err)
		}
		if m.Match(ocispec.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant, OSVersion: p.OSVersion, OSFeatures: c.Features}) {
			return true, nil
		}
	}
	return false, nil
}
