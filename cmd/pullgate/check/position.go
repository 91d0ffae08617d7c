package check

import (
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v4"
)

// find returns the node of a field path such as "spec.containers[0].image", or
// the nearest above it that is there.
func find(node *yamlv3.Node, path string) *yamlv3.Node {
	for step := range strings.SplitSeq(path, ".") {
		name, rest, _ := strings.Cut(step, "[")
		next := child(node, name)
		if index, isList := strings.CutSuffix(rest, "]"); isList && next != nil {
			next = element(next, index)
		}
		if next == nil {
			break
		}
		node = next
	}
	return node
}

// child is the value of a key, nil if there is none. It does not look into merge
// keys: a line above the right one will do.
func child(node *yamlv3.Node, key string) *yamlv3.Node {
	node = resolve(node)
	if node == nil || node.Kind != yamlv3.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

func element(node *yamlv3.Node, index string) *yamlv3.Node {
	node = resolve(node)
	n, err := strconv.Atoi(index)
	if err != nil || node.Kind != yamlv3.SequenceNode || n < 0 || n >= len(node.Content) {
		return nil
	}
	return node.Content[n]
}

// resolve follows an alias to what it stands for.
func resolve(node *yamlv3.Node) *yamlv3.Node {
	if node != nil && node.Kind == yamlv3.AliasNode {
		return node.Alias
	}
	return node
}
