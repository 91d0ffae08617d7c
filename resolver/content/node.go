package content

import (
	"github.com/containerd/platforms"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Key tells platforms apart.
type Key struct{ OS, Architecture, OSVersion, Variant string }

// KeyOf is the Key of a platform.
func KeyOf(p ocispec.Platform) Key { return Key{p.OS, p.Architecture, p.OSVersion, p.Variant} }

// Platform is the one that a Key is of.
func (k Key) Platform() ocispec.Platform {
	return ocispec.Platform{OS: k.OS, Architecture: k.Architecture, OSVersion: k.OSVersion, Variant: k.Variant}
}

// Node is a node's platform, as containerd sees it.
type Node struct {
	Key Key
	// Strict matches what the transfer service fetches, Lenient what either way
	// looks for, in the order of Less: linux/386 on linux/amd64, say.
	Strict  platforms.Matcher
	Lenient platforms.MatchComparer
}

// NodesOf are what a node of a platform may be to containerd: one, but for 32-bit
// ARM, of which a kubelet does not say the variant.
func NodesOf(platform ocispec.Platform) (nodes []Node) {
	for _, v := range variantsOf(platform) {
		// With containerd's defaults a node takes its own architecture and nothing
		// below (C78, C79), which on ARMv8 leaves out what 32-bit images are made for.
		// On Windows the build counts as well (B09).
		nodes = append(nodes, Node{Key: KeyOf(v), Strict: platforms.OnlyStrict(v), Lenient: platforms.Only(v)})
	}
	return nodes
}

// variantsOf are what a node may be. Of a 32-bit ARM one its kubelet says no more
// than that; its containerd knows the variant. Kubernetes does not run on older
// ones.
func variantsOf(node ocispec.Platform) []ocispec.Platform {
	if node.Architecture != "arm" || node.Variant != "" {
		return []ocispec.Platform{node}
	}
	list := []ocispec.Platform{node, node, node}
	list[0].Variant, list[1].Variant, list[2].Variant = "v6", "v7", "v8"
	return list
}
