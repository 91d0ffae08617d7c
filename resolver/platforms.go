package resolver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/content"
	"github.com/pullgate/pullgate/resolver/words"
)

// nodesOf is content.NodesOf, made once for each kind of node.
func (r *Resolver) nodesOf(platform ocispec.Platform) []content.Node {
	key := content.KeyOf(platform)
	if known, ok := r.platforms.Load(key); ok {
		return known.([]content.Node)
	}
	nodes := content.NodesOf(platform)
	r.platforms.Store(key, nodes) // as many as a cluster has kinds of nodes
	return nodes
}

func platformWords(list []ocispec.Platform) string {
	var names []string
	for _, p := range list {
		if name := platforms.FormatAll(p); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return words.Printable(words.Cut(strings.Join(names, ", "), maxQuoted))
}

// ofRuntime takes the certainty from what the nodes' platforms say, where a Pod
// names a RuntimeClass: its handler may run something else, such as wasi/wasm, or
// another build of Windows under Hyper-V, and some runtimes pull for the handler.
// Only the nodes' configuration tells which platform that is. The RuntimeClass has
// no more than the handler's name, and a handler may have any.
func ofRuntime(v Verdict, pod Pod) Verdict {
	if v.Reason == PlatformMismatch && pod.RuntimeClass != "" {
		v.Reason = NodeManaged
		v.Message = also(v.Message, fmt.Sprintf("RuntimeClass %s may be for another, which only its nodes know", words.Quote(pod.RuntimeClass, maxQuoted)))
	}
	return v
}
