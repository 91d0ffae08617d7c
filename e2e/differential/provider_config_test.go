package differential

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
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
