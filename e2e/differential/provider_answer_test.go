package differential

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	credentialproviderapi "k8s.io/kubelet/pkg/apis/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"

	"github.com/pullgate/pullgate/e2e/kubeletplugin"
	"github.com/pullgate/pullgate/resolver/provider"
)

// FuzzProviderAnswer has a plugin answer what is raw, or made out of a seed, and asks
// both sides for the credentials of some images: the answer is refused by both, or
// comes to the same credentials in the same order.
func FuzzProviderAnswer(f *testing.F) {
	for seed := range uint64(1000) {
		f.Add(seed, []byte(nil), "r.io/a")
	}
	for _, raw := range []string{
		" ", "{}", "null", "[]", `{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Image"}`,
		"kind: CredentialProviderResponse\napiVersion: credentialprovider.kubelet.k8s.io/v1\ncacheKeyType: Image\n", "\ufeff{}",
	} {
		f.Add(uint64(0), []byte(raw), "localhost/foo")
	}
	klog.SetLogger(logr.Discard())
	place := newPlace(f)
	if err := os.WriteFile(filepath.Join(place.bin, "one"), nil, 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, seed uint64, raw []byte, image string) {
		g := generator{rand.New(rand.NewPCG(seed, 3))}
		version := "credentialprovider.kubelet.k8s.io/" + g.pick("v1", "v1", "v1beta1", "v1alpha1")
		stdout := []byte(g.damaged(g.providerAnswer(version)))
		if len(raw) > 0 {
			stdout = raw
		}
		answering{version, stdout}.compare(t, place, []string{image, g.repository(), g.repository(), g.repository()})
	})
}

// answering is a plugin that answers so, whatever it is asked.
type answering struct {
	version string
	stdout  []byte
}

// everything covers each repository that the kubelet can tell apart.
func everything() []string {
	var patterns []string
	for _, port := range []string{"", ":5000", ":443", ":80"} {
		for labels := "*"; len(labels) < 10; labels += ".*" {
			patterns = append(patterns, labels+port)
		}
	}
	return patterns
}

func (a answering) config() string {
	return asJSON(object{
		{"apiVersion", quoted("kubelet.config.k8s.io/v1")}, {"kind", quoted("CredentialProviderConfig")},
		{"providers", []any{object{
			{"name", quoted("one")}, {"apiVersion", quoted(a.version)}, {"defaultCacheDuration", quoted("1h")}, {"matchImages", quotedAll(everything()...)},
		}}},
	})
}

// Run is what pullgate has instead of a process.
func (a answering) Run(context.Context, provider.Command) (provider.Output, error) {
	return provider.Output{Stdout: a.stdout}, nil
}

// ExecPlugin is what the kubelet has instead of a process.
func (a answering) ExecPlugin(context.Context, string, string, map[string]string) (*credentialproviderapi.CredentialProviderResponse, error) {
	return kubeletplugin.Decode(a.version, a.stdout)
}

func (a answering) compare(t *testing.T, p place, repositories []string) {
	t.Helper()
	p.write(t, a.config())
	if err := register(p, func(string) plugin.Plugin { return a }); err != nil {
		t.Fatal(err)
	}
	config, err := provider.Load(p.config, p.bin)
	if err != nil {
		t.Fatal(err)
	}
	set := provider.New(config, provider.Options{Runner: a})
	response, refused := kubeletplugin.Decode(a.version, a.stdout)
	if refused == nil && !slices.Contains([]string{"Image", "Registry", "Global"}, string(response.CacheKeyType)) {
		refused = errors.New("its cacheKeyType") // which the kubelet finds out later
	}
	if failed := ask(t, set, "r.io/a").Failed; (len(failed) > 0) != (refused != nil) {
		t.Fatalf("pullgate: %v; kubelet: %v\n%s", failed, refused, a.stdout)
	}
	for _, repository := range repositories {
		got := pairs(ask(t, set, repository).Credentials)
		if !sameAsProviders(got, repository) {
			t.Fatalf("%s: pullgate %q, kubelet %q\n%s", repository, got, providerPairs(repository), a.stdout)
		}
	}
}

// register has the kubelet read a configuration, and have these plugins.
func register(p place, with func(name string) plugin.Plugin) error {
	kubeletplugin.Forget()
	if err := plugin.RegisterCredentialProviderPlugins(p.config, p.bin, noToken, noAccount); err != nil {
		return err
	}
	return kubeletplugin.Replace(func(name string, _ plugin.Plugin) plugin.Plugin { return with(name) })
}

func ask(t *testing.T, set *provider.Set, repository string) provider.Answer {
	t.Helper()
	return set.Ask(t.Context(), provider.Question{Repository: repository, Timeout: time.Minute}).Wait(t.Context())
}

// sameAsProviders compares with the kubelet, as sameAsKubelet does.
func sameAsProviders(got []string, repository string) bool {
	want := providerPairs(repository)
	if slices.Equal(got, want) {
		return true
	}
	slices.Sort(want)
	if sorted := slices.Sorted(slices.Values(got)); !slices.Equal(sorted, want) {
		return false
	}
	for range 200 {
		if slices.Equal(got, providerPairs(repository)) {
			return true
		}
	}
	return false
}

func providerPairs(repository string) []string {
	return kubeletPairs(plugin.NewExternalCredentialProviderDockerKeyring("", "", "", ""), repository)
}

// providerAnswer is an answer that is often good, and else wrong in few places.
func (g generator) providerAnswer(version string) string {
	if g.IntN(25) == 0 {
		return g.pick("", " ", "{}", "null", "[]", "x", `""`)
	}
	answer := object{
		{"kind", quoted(g.mostly("CredentialProviderResponse", "CredentialProviderRequest", "credentialproviderresponse", ""))},
		{"apiVersion", quoted(g.mostly(version, "credentialprovider.kubelet.k8s.io/v1", "credentialprovider.kubelet.k8s.io/v1beta1", "v1", ""))},
		{"cacheKeyType", quoted(g.mostly(g.pick("Image", "Registry", "Global"), "", "image", "None"))},
	}
	if g.IntN(3) > 0 {
		answer = append(answer, field{"cacheDuration", scalar(g.mostly(g.pick(`"1h"`, `"0s"`, `"-5m"`, "null", `"100h"`), "0", "1", `"x"`, `""`, `"1d"`))})
	}
	if g.IntN(10) > 0 {
		answer = append(answer, field{"auth", g.answerAuth()})
	}
	g.Shuffle(len(answer), func(i, j int) { answer[i], answer[j] = answer[j], answer[i] })
	text := asJSON(g.spoilt(answer))
	if g.IntN(30) == 0 {
		text = asYAML(g.spoilt(answer), "")
	}
	return g.mostly("", " ", "\n\n", "\t", "\ufeff", "a log line\n", "{}") + text + g.mostly("\n", "", " \n ", "\x00", text, "{}", "and more\n", "---\n", "]")
}

func (g generator) answerAuth() any {
	if g.IntN(20) == 0 {
		return scalar(g.pick("null", "{}", "[]", `"x"`, `{"r.io":null}`, `{"r.io":[]}`, `{"r.io":"x"}`))
	}
	auth := object{}
	for n := range g.IntN(5) {
		entry := object{
			{"username", quoted(g.pick("u", "v", "", fmt.Sprint("w", n)))},
			{"password", scalar(g.mostly(string(quoted(g.pick("p", "", "p:q", strings.Repeat("é", 3), "<&>"))), "1", "null", "[]"))},
		}
		auth = append(auth, field{g.key(), g.spoilt(entry)})
	}
	return g.spoilt(auth)
}
