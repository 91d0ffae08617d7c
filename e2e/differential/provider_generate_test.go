package differential

import (
	"fmt"
	"slices"
	"strings"
)

// providerConfig is a CredentialProviderConfig that is often valid, and else wrong in
// few places.
func (g generator) providerConfig() string {
	var providers []any
	for n := range 1 + g.IntN(3) {
		providers = append(providers, g.configProvider(g.mostly([]string{"one", "two", "a.b"}[n], "-x", "one", "", ".", "..", "a/b", "a b", "missing",
			"é", "a\tb", "A", "...", strings.Repeat("n", 300), "one\n")))
	}
	root := object{
		{"apiVersion", quoted(g.mostly("kubelet.config.k8s.io/v1", "kubelet.config.k8s.io/v1beta1", "kubelet.config.k8s.io/v1alpha1", "kubelet.config.k8s.io/v2", "v1", ""))},
		{"kind", quoted(g.mostly("CredentialProviderConfig", "KubeletConfiguration", "credentialproviderconfig", ""))},
		{"providers", providers},
	}
	if g.IntN(30) == 0 {
		root[2].value = scalar(g.pick("null", "[]", "{}", `"x"`, "[null]"))
	}
	if g.IntN(2) == 0 {
		return asJSON(g.spoilt(root)) + g.pick("", "\n", " \n", "\n\n")
	}
	return g.pick("", "", "---\n", "# comment\n", "\n", "%YAML 1.1\n---\n") + asYAML(g.spoilt(root), "") +
		g.mostly("", "---\n", "---\n# nothing\n", "...\n", "---\na: b\n", "--- rubbish [\n", "---\n---\n", " ---\n")
}

// mostly is the first one nearly always.
func (g generator) mostly(usual string, others ...string) string {
	if g.IntN(20) > 0 {
		return usual
	}
	return g.pick(others...)
}

// spoilt has a field too many, one that is missing, or one in other letters, now and
// then.
func (g generator) spoilt(o object) object {
	if g.IntN(15) > 0 || len(o) == 0 {
		return o
	}
	at := g.IntN(len(o))
	switch g.IntN(5) {
	case 0:
		return slices.Delete(slices.Clone(o), at, at+1)
	case 1:
		return append(slices.Clone(o), o[at])
	case 2:
		return append(slices.Clone(o), field{g.pick("x", "metadata", "Name", "cacheType", "identitytoken"), scalar(g.pick("null", "1", "{}", `"y"`))})
	case 3:
		o = slices.Clone(o)
		o[at].name = strings.ToUpper(o[at].name)
	default:
		o = slices.Clone(o)
		o[at].value = scalar(g.pick("null", "1", "true", `""`, "[]", "{}", `"x"`, "1.5", `"1"`))
	}
	return o
}

func (g generator) configProvider(name string) object {
	p := object{
		{"name", quoted(name)},
		{"matchImages", g.matchImages()},
		{"defaultCacheDuration", scalar(g.mostly(g.pick(`"1h"`, `"0"`, `"0s"`, `"1h30m"`, `"1ns"`, `"2562047h"`), `"-1s"`, `"1"`, "1", "0", `""`, `"1d"`, "null", `"9999999h"`, "1h", "-1s"))},
		{"apiVersion", quoted(g.mostly(g.pick("credentialprovider.kubelet.k8s.io/v1", "credentialprovider.kubelet.k8s.io/v1", "credentialprovider.kubelet.k8s.io/v1beta1", "credentialprovider.kubelet.k8s.io/v1alpha1"),
			"credentialprovider.kubelet.k8s.io/v2", "v1", "", "kubelet.config.k8s.io/v1"))},
	}
	if g.IntN(3) == 0 {
		p = append(p, field{"args", quotedAll(g.pick("", "get-credentials", "$(X)"), g.pick("-v", "a b"))})
	}
	if g.IntN(3) == 0 {
		p = append(p, field{"env", []any{g.spoilt(object{{"name", quoted(g.pick("A", "", "A=B"))}, {"value", quoted(g.pick("", "1", "$A"))}})}})
	}
	if g.IntN(5) == 0 {
		p = append(p, field{"tokenAttributes", g.tokenAttributes()})
	}
	return g.spoilt(p)
}

func (g generator) matchImages() []any {
	var patterns []string
	for range (1 + g.IntN(60)) % 4 {
		patterns = append(patterns, g.mostly(g.host()+g.pick("", "", ":443", ":5000", ":80", ":")+g.pick("", "", "/", "/a", "/*", "/a/b", "/%61"),
			"", "https://r.io", "r.io:*", "r.io:abc", "r io", "%zz", "[a", "r.io/%zz", "user@r.io", "r.io?x", "r.io#x", "r.io:99999", "http://", "é.io", "\x7f", "::", "r.io:443:1"))
	}
	return quotedAll(patterns...)
}

func (g generator) tokenAttributes() object {
	t := object{
		{"serviceAccountTokenAudience", quoted(g.mostly("audience", "", " "))},
		{"requireServiceAccount", scalar(g.mostly(g.pick("true", "false"), "null", `"true"`, "1", "yes", "on"))},
		{"cacheType", quoted(g.mostly(g.pick("ServiceAccount", "Token"), "", "serviceaccount", "None"))},
	}
	for _, name := range []string{"requiredServiceAccountAnnotationKeys", "optionalServiceAccountAnnotationKeys"} {
		if g.IntN(3) > 0 {
			continue
		}
		var keys []string
		for range 1 + g.IntN(2) {
			keys = append(keys, g.mostly(fmt.Sprintf("%s.io/%s%d", g.pick("a", "A", "b.c"), g.pick("x", "Role", "y_z"), g.IntN(3)), "", "a", "/", "a/", "/a", "a/b/c", "a b", "-a", strings.Repeat("k", 64), "a.io/é", "A.io/-"))
		}
		t = append(t, field{name, quotedAll(keys...)})
	}
	return g.spoilt(t)
}
