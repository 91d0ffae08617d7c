package keyring

import (
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"slices"
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
	glob, ok := parseAddress(key)
	if !ok {
		return false
	}
	target, ok := parseAddress(repository)
	return ok && glob.matches(target)
}

// CheckMatchImage reports what a kubelet has against a pattern in matchImages. What
// it accepts may still match nothing; see CheckPattern.
func CheckMatchImage(pattern string) error {
	_, err := url.Parse("https://" + pattern)
	return err
}

// Patterns are the patterns of a kubelet's matchImages, taken apart.
type Patterns []address

// ParsePatterns takes patterns apart. It passes over those that do not parse.
func ParsePatterns(patterns []string) (parsed Patterns) {
	for _, p := range patterns {
		if a, ok := parseAddress(p); ok {
			parsed = append(parsed, a)
		}
	}
	return parsed
}

// Match reports whether any of the patterns covers a repository, as Matches does
// for one.
func (p Patterns) Match(repository string) bool {
	target, ok := parseAddress(repository)
	return ok && slices.ContainsFunc(p, func(glob address) bool { return glob.matches(target) })
}

// address is a key or a repository taken apart: once, since a Secret may have
// tens of thousands of keys, and a Pod hundreds of images.
type address struct {
	labels     []string // of the host
	port, path string
}

func parseAddress(s string) (address, bool) {
	u, err := url.Parse("https://" + s)
	if err != nil {
		return address{}, false
	}
	host, port := splitHost(u.Host)
	return address{strings.Split(host, "."), port, u.Path}, true
}

func (glob address) matches(target address) bool {
	return glob.port == target.port && strings.HasPrefix(target.path, glob.path) && matchLabels(glob.labels, target.labels)
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
