package differential

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"

	"github.com/pullgate/pullgate/e2e/kubeletplugin"
	"github.com/pullgate/pullgate/resolver/provider"
)

// FuzzProviderConfig reads a CredentialProviderConfig, raw or made out of a seed, as
// the kubelet does at its start: it is refused by both, or means the same to both.
func FuzzProviderConfig(f *testing.F) {
	for seed := range uint64(1000) {
		f.Add(seed, []byte(nil))
	}
	for _, raw := range []string{
		"", "{}", "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\n",
		generator{rand.New(rand.NewPCG(0, 2))}.providerConfig() + "---\n", "\ufeff{}", "providers:\n- *a", "a: &a [*a]", "!!binary x", "? a",
	} {
		f.Add(uint64(0), []byte(raw))
	}
	place := newPlace(f)
	f.Fuzz(func(t *testing.T, seed uint64, raw []byte) {
		g := generator{rand.New(rand.NewPCG(seed, 2))}
		content := g.damaged(g.providerConfig())
		if len(raw) > 0 {
			content = string(raw)
		}
		compareConfig(t, place, content)
	})
}

// place is a folder with a configuration, and one with plugins.
type place struct{ config, bin string }

func newPlace(f *testing.F) place {
	dir := f.TempDir()
	p := place{filepath.Join(dir, "config.yaml"), filepath.Join(dir, "bin")}
	if err := os.Mkdir(p.bin, 0o700); err != nil {
		f.Fatal(err)
	}
	return p
}

func (p place) write(t *testing.T, content string) {
	t.Helper()
	if err := os.WriteFile(p.config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// install has a plugin of each name that can be a file's, but for those that sound
// missing.
func (p place) install(t *testing.T, config *kubeletconfig.CredentialProviderConfig) {
	t.Helper()
	for _, entry := range config.Providers {
		if entry.Name == "" || strings.ContainsAny(entry.Name, "/\x00") || entry.Name == "." || entry.Name == ".." || strings.Contains(entry.Name, "missing") {
			continue
		}
		// Nothing runs it.
		err := os.WriteFile(filepath.Join(p.bin, entry.Name), nil, 0o700)
		if err != nil && len(entry.Name) < 255 {
			t.Logf("the plugin %q: %v", entry.Name, err)
		}
	}
}

func compareConfig(t *testing.T, p place, content string) {
	t.Helper()
	p.write(t, content)
	theirs, readErr := kubeletplugin.Read(p.config)
	if readErr == nil {
		p.install(t, theirs)
	}
	kubeletplugin.Forget()
	kubeletErr := plugin.RegisterCredentialProviderPlugins(p.config, p.bin, noToken, noAccount)
	ours, err := provider.Load(p.config, p.bin)
	switch {
	case (err != nil) == (kubeletErr != nil):
	case err != nil && strings.Contains(err.Error(), "second YAML document") && secondDocument().MatchString(content):
		return // P04: on purpose
	default:
		t.Fatalf("pullgate: %v; kubelet: %v\n%s", err, kubeletErr, content)
	}
	if err != nil {
		return
	}
	if diff := cmp.Diff(meaning(theirs.Providers), meaning(ours.Providers)); diff != "" {
		t.Fatalf("(-kubelet +pullgate):\n%s\n%s", diff, content)
	}
	_ = ours.Warnings() // must not panic
}

func secondDocument() *regexp.Regexp { return regexp.MustCompile(`(?m)^---`) }

// meaning is what a configuration says, whatever the types are.
func meaning[P any](providers []P) (list []map[string]any) {
	for _, p := range providers {
		text, err := json.Marshal(p)
		var fields map[string]any
		if err == nil {
			err = json.Unmarshal(text, &fields)
		}
		if err != nil {
			fields = map[string]any{"error": err.Error()}
		}
		list = append(list, lowered(fields).(map[string]any))
	}
	return list
}

// lowered has the names of fields as they are without tags for JSON, and no empty ones.
func lowered(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, field := range v {
			if name == "File" || name == "Binary" || field == nil {
				continue
			}
			if list, ok := field.([]any); ok && len(list) == 0 {
				continue
			}
			out[strings.ToLower(name)] = lowered(field)
		}
		return out
	case []any:
		for i := range v {
			v[i] = lowered(v[i])
		}
		return v
	default:
		return v
	}
}

func noToken(string, string, *authenticationv1.TokenRequest) (*authenticationv1.TokenRequest, error) {
	return nil, errors.New("nobody asks for tokens")
}

func noAccount(string, string) (*corev1.ServiceAccount, error) {
	return nil, errors.New("nobody asks for ServiceAccounts")
}

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
