package reference

import "strings"

// dockerHub stands for itself, and for what names no registry.
const dockerHub = "docker.io"

func namesDockerHub(written string) bool {
	return strings.HasPrefix(written, dockerHub+"/") || strings.HasPrefix(written, "index."+dockerHub+"/")
}

// OnNode is a name under which a node lists an image, written as String writes it.
// containerd's are that already; cri-dockerd's are as people write them, such as
// nginx:1.29. What is no reference stays as it is.
func OnNode(name string) string {
	if inFull(name) {
		return name
	}
	ref, err := Parse(name)
	if err != nil {
		return name
	}
	return ref.String()
}

// inFull reports whether a name, if it is one, is as String writes it. It spares the
// parser most of the names of large clusters.
func inFull(name string) bool {
	host, rest, ok := strings.Cut(name, "/")
	if !ok || !strings.ContainsAny(host, ".:") && host != "localhost" {
		return false // the registry is left out
	}
	if host == "index."+dockerHub || host == dockerHub && !strings.Contains(rest, "/") {
		return false
	}
	path, _, byDigest := strings.Cut(rest, "@")
	return byDigest != strings.Contains(path, ":") // by one of both
}

// NodeNames are those under which a node may list what a reference means, as OnNode
// writes them. For CRI-O a name without a registry means first what was built on
// the node, or loaded there, which it calls localhost/name.
func (r Reference) NodeNames() []string {
	if !r.Short {
		return []string{r.String()}
	}
	local := r
	local.Host, local.Repository = "localhost", strings.TrimPrefix(r.Repository, "library/")
	return []string{r.String(), local.String()}
}
