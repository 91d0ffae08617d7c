package keyring

import (
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"strings"
)

// CheckPattern reports what is wrong with a pattern for Matches, without
// repeating it.
func CheckPattern(pattern string) error {
	u, err := url.Parse("https://" + pattern)
	switch {
	case pattern == "" || err != nil || u.Host == "":
		return errors.New("is not of the form host[:port][/path]")
	case strings.Contains(pattern, "://"):
		return errors.New("leave the scheme out")
	}
	host, _ := splitHost(u.Host)
	for label := range strings.SplitSeq(host, ".") {
		if _, err := filepath.Match(label, ""); err != nil {
			return err
		}
	}
	return nil
}

// Matches reports whether a key of a keyring, or one of a kubelet's matchImages
// patterns, covers a repository: equal ports, the same number of host labels,
// each a glob, and the key's path a plain string prefix (C32-C35).
func Matches(key, repository string) bool {
	glob, err := url.Parse("https://" + key)
	if err != nil {
		return false
	}
	target, err := url.Parse("https://" + repository)
	if err != nil {
		return false
	}
	globHost, globPort := splitHost(glob.Host)
	targetHost, targetPort := splitHost(target.Host)
	if globPort != targetPort || !strings.HasPrefix(target.Path, glob.Path) {
		return false
	}
	return matchLabels(strings.Split(globHost, "."), strings.Split(targetHost, "."))
}

func matchLabels(globs, labels []string) bool {
	if len(globs) != len(labels) {
		return false
	}
	for i, g := range globs {
		if ok, err := filepath.Match(g, labels[i]); err != nil || !ok {
			return false
		}
	}
	return true
}

func splitHost(hostport string) (host, port string) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return hostport, ""
	}
	return host, port
}

// isDockerHub reports whether the kubelet falls back to the credentials of
// index.docker.io. It looks at the first path element only, which is why
// `localhost/foo` counts as Docker Hub (C39).
func isDockerHub(repository string) bool {
	first, _, hasPath := strings.Cut(repository, "/")
	switch {
	case first == "":
		return false
	case !hasPath, first == "docker.io", first == dockerHubKey:
		return true
	default:
		return !strings.ContainsAny(first, ".:")
	}
}
