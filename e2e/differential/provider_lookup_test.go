package differential

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"

	"github.com/pullgate/pullgate/e2e/kubeletplugin"
	"github.com/pullgate/pullgate/resolver/provider"
)

// FuzzProviderLookup makes providers, what they answer, ServiceAccounts, images and
// times out of a seed, and asks both sides for the credentials of one image after
// another: the same in the same order, by the same runs of the same plugins, with the
// same tokens and annotations.
//
// pullgate runs plugins less often or more often in some cases, on purpose. So a world
// is one of two: an exact one has none of these cases but the back-off after failures,
// which is accounted for; in any other one the credentials alone are compared, and
// depend on nothing that a run more or less could change.
func FuzzProviderLookup(f *testing.F) {
	for seed := range uint64(1000) {
		f.Add(seed)
	}
	klog.SetLogger(logr.Discard())
	place := newPlace(f)
	for n := range maxProviders {
		if err := os.WriteFile(filepath.Join(place.bin, providerName(n)), nil, 0o700); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		// The clock is the bubble's, for both sides.
		synctest.Test(t, func(t *testing.T) {
			newWorld(seed).compare(t, place)
		})
	})
}

const maxProviders = 3

func providerName(n int) string { return fmt.Sprint("p", n) }

func (w *world) compare(t *testing.T, p place) {
	t.Helper()
	p.write(t, w.config())
	kubeletplugin.Forget()
	if err := plugin.RegisterCredentialProviderPlugins(p.config, p.bin, w.kubeletToken, w.kubeletAccount); err != nil {
		t.Fatalf("%v\n%s", err, w.config())
	}
	if err := kubeletplugin.Replace(func(name string, _ plugin.Plugin) plugin.Plugin { return kubeletPlugin{w, name} }); err != nil {
		t.Fatal(err)
	}
	config, err := provider.Load(p.config, p.bin)
	if err != nil {
		t.Fatalf("%v\n%s", err, w.config())
	}
	set := provider.New(config, provider.Options{Runner: pullgateRunner{w}, Accounts: map[provider.TokenMode]provider.Accounts{provider.PodTokens: w}})
	for range 2 + w.IntN(7) {
		w.pass()
		if w.IntN(6) == 0 {
			set = set.With(config) // a reload that changes nothing
		}
		w.look(t, set)
	}
}

// look asks both sides about one image of one Pod.
func (w *world) look(t *testing.T, set *provider.Set) {
	t.Helper()
	repository, of := w.image(), w.pod()
	ring := plugin.NewExternalCredentialProviderDockerKeyring(of.Namespace, "pod", "uid", of.Name)
	want := kubeletPairs(ring, repository)
	theirs := w.since()
	soon, known := set.Known(repository, provider.PodTokens)
	found := set.Ask(t.Context(), provider.Question{Repository: repository, Account: of, Tokens: provider.PodTokens, Timeout: time.Minute}).Wait(t.Context())
	synctest.Wait() // for what is renewed ahead
	got, ours := pairs(found.Credentials), w.since()
	if known && !slices.Equal(pairs(soon), got) {
		t.Fatalf("%s: pullgate knows %q, and is told %q\n%s", repository, pairs(soon), got, w)
	}
	if !sameSomehow(got, want, func() []string { return kubeletPairs(ring, repository) }) {
		t.Fatalf("%s of %v: pullgate %q (%v), kubelet %q\n%s", repository, of, got, found.Failed, want, w)
	}
	if !w.exact {
		return
	}
	if expected := w.withoutBackOff(theirs); !slices.Equal(ours, expected) {
		t.Fatalf("%s of %v: pullgate ran %v, kubelet %v, of which %v are expected\n%s", repository, of, ours, theirs, expected, w)
	}
}

// withoutBackOff are the kubelet's runs, but for those of plugins that have failed a
// moment ago.
func (w *world) withoutBackOff(theirs []ran) (expected []ran) {
	for _, r := range theirs {
		if w.failed[r.line()] {
			continue
		}
		if r.failed {
			w.failed[r.line()] = true
		}
		expected = append(expected, r)
	}
	return expected
}

// sameSomehow reports whether the kubelet may come to this as well, where it walks a
// map in any order.
func sameSomehow(got, want []string, again func() []string) bool {
	if slices.Equal(got, want) {
		return true
	}
	if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		return false
	}
	for range 200 {
		if slices.Equal(got, again()) {
			return true
		}
	}
	return false
}

func (w *world) String() string {
	return fmt.Sprintf("exact: %v; history:\n  %s\n%s", w.exact, strings.Join(w.history, "\n  "), w.config())
}

// image is a repository as the kubelet normalises them: never a host alone.
func (w *world) image() string {
	return w.pick("r.io", "r.io:5000", "x.r.io", "docker.io", "y.io") + w.pick("/a", "/a/b", "/team/app", "/library/nginx")
}

func (w *world) pod() provider.Account {
	return provider.Account{Namespace: w.pick("ns", "other"), Name: w.pick("", "app", "app", "bare", "gone", "mute")}
}

// pass lets time pass: not at all, a moment, or so long that everything has expired.
func (w *world) pass() {
	step := time.Duration(w.IntN(3)) * 700 * time.Millisecond
	switch {
	case !w.exact:
		step = time.Duration(w.IntN(4)) * time.Duration(1+w.IntN(100)) * 6 * time.Minute
	case w.IntN(4) == 0:
		step = 3 * time.Hour
		w.epoch++
		w.failed = map[string]bool{}
	}
	time.Sleep(step)
	w.history = append(w.history, step.String())
}

func newWorld(seed uint64) *world {
	w := &world{generator: generator{rand.New(rand.NewPCG(seed, 4))}, seed: seed, failed: map[string]bool{}}
	w.exact = w.IntN(3) > 0
	for n := range 1 + w.IntN(maxProviders) {
		w.providers = append(w.providers, w.provider(n))
	}
	return w
}
