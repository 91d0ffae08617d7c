package resolver

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pullgate/pullgate/resolver/content"
)

func TestValidate(t *testing.T) {
	c := DefaultConfig()
	if errs := c.Validate(); len(errs) != 0 {
		t.Errorf("the default: %v", errs)
	}
	c = Config{
		Reasons: ReasonsConfig{Definite: []Reason{Unreachable, ImageNotFound, "Typo"}, Unverified: []Reason{PlatformMismatch, Pullable}},
		Registries: RegistriesConfig{ConfigDir: "/does/not/exist", NodeCredentials: []string{"r.io", "[.io"}, Mirrored: []string{"https://r.io"},
			BlockedCIDRs: []string{"10.0.0.0/8", "10.0.0.1", "fd00::/8", "::ffff:10.0.0.0/104"},
			Content:      content.Config{Default: "soon", OffFor: []string{"docker.io", "https://r.io"}, WaitFor: []string{""}}},
		Cache: CacheConfig{},
	}
	c.Cache.Tag.Duration = -time.Second
	var fields []string
	for _, err := range c.Validate() {
		fields = append(fields, err.Field)
	}
	want := []string{
		"reasons.definite[1]", "reasons.definite[2]", "reasons.unverified[1]",
		"registries.nodeCredentials[1]", "registries.mirrored[0]", "registries.blockedCIDRs[1]", "registries.blockedCIDRs[3]",
		"registries.content.default", "registries.content.offFor[1]", "registries.content.waitFor[0]", "registries.configDir",
		"credentialProviders.identity", "credentialProviders.tokens", "credentialProviders.timeout",
		"cache.tag", "cache.entries", "limits.lookupTimeout", "limits.lookupsPerRegistry", "limits.lookups",
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Every Reason has a class, and is in one list.
func TestReasons(t *testing.T) {
	seen := map[Reason]bool{}
	for _, class := range []Class{ClassPullable, ClassDefinite, ClassUnverified} {
		for _, r := range Reasons(class) {
			if seen[r] || r.Class() != class {
				t.Errorf("%s: twice %t, class %s", r, seen[r], r.Class())
			}
			seen[r] = true
		}
	}
	if len(seen) != 24 {
		t.Errorf("%d reasons", len(seen))
	}
}

func TestReasonsMoved(t *testing.T) {
	c := DefaultConfig()
	c.Reasons = ReasonsConfig{Definite: []Reason{NodeLocal}, Unverified: []Reason{InvalidImageName}}
	r := newResolver(t, c)
	for image, want := range map[string]Class{"localhost/a": ClassDefinite, "Not An Image": ClassUnverified} {
		if v := r.Check(t.Context(), Image{Reference: image}, Pod{Credentials: NewCredentials("dev", nil)}); v.Class != want {
			t.Errorf("%s: %s, want %s", image, v.Class, want)
		}
	}
}

// A new configuration does not throw away what was learned, unless it must.
func TestWith(t *testing.T) {
	first, requests := serve(t, open)
	check := func(r *Resolver) Verdict {
		return r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
	}
	check(first)
	asked := requests.Load()
	for name, tc := range map[string]struct {
		change func(*Config)
		asks   bool
	}{
		"other times":    {func(c *Config) { c.Cache.Tag.Duration = time.Minute }, false},
		"other reasons":  {func(c *Config) { c.Reasons.Definite = []Reason{Timeout} }, false},
		"other limits":   {func(c *Config) { c.Limits.LookupsPerRegistry = 1 }, false},
		"another size":   {func(c *Config) { c.Cache.Entries = 7 }, true},
		"another folder": {func(c *Config) { c.Registries.ConfigDir = t.TempDir() }, false}, // of registry.test nothing is known there
	} {
		t.Run(name, func(t *testing.T) {
			config := first.config
			tc.change(&config)
			next, err := first.With(config)
			if err != nil {
				t.Fatal(err)
			}
			if want := name == "another folder"; (check(next).Reason != Pullable) != want {
				t.Errorf("not pullable %t, want %t", !want, want)
			}
			if n := requests.Load(); (n > asked) != tc.asks {
				t.Errorf("%d requests after %d, want more: %t", n, asked, tc.asks)
			}
			asked = requests.Load()
		})
	}
	if _, err := first.With(Config{}); err == nil {
		t.Error("an invalid configuration is taken")
	}
	if v := check(first); v.Reason != Pullable {
		t.Errorf("the first: %s", v.Reason)
	}
}
