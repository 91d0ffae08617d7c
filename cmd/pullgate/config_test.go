package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/webhook"
)

const header = "apiVersion: pullgate.dev/v1alpha1\nkind: Configuration\n"

func configFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadConfig(t *testing.T) {
	dir := t.TempDir()
	got, err := loadConfig(configFile(t, header+`
defaults: {enforce: off}
registries: {configDir: `+dir+`}
cache: {tag: 90s, entries: 7}
limits: {lookupTimeout: 2s}
`))
	if err != nil {
		t.Fatal(err)
	}
	wantWebhook := webhook.DefaultConfig()
	wantWebhook.Defaults.Enforce = webhook.Off
	wantResolver := resolver.DefaultConfig()
	wantResolver.Registries.ConfigDir = dir
	wantResolver.Cache.Tag.Duration = 90 * time.Second
	wantResolver.Cache.Entries = 7
	wantResolver.Limits.LookupTimeout.Duration = 2 * time.Second
	if diff := cmp.Diff(wantWebhook, got.webhookConfig); diff != "" {
		t.Errorf("webhook (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantResolver, got.resolverConfig); diff != "" {
		t.Errorf("resolver (-want +got):\n%s", diff)
	}
}

func TestDefaultsAreValid(t *testing.T) {
	for _, path := range []string{"", configFile(t, header)} {
		c, err := loadConfig(path)
		if err == nil {
			err = c.validate()
		}
		if err != nil {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestLoadConfigRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ content, want string }{
		"no kind":             {"defaults: {}\n", `only apiVersion "pullgate.dev/v1alpha1"`},
		"empty file":          {"", `only apiVersion`},
		"another version":     {"apiVersion: pullgate.dev/v2\nkind: Configuration\n", `apiVersion "pullgate.dev/v2"`},
		"unknown field":       {header + "defualts: {}\n", `unknown field "defualts"`},
		"unknown inner field": {header + "cache: {tags: 5m}\n", `tags`},
		"field twice":         {header + "cache: {tag: 1m}\ncache: {tag: 2m}\n", "already set"},
		"bad duration":        {header + "cache: {tag: soon}\n", "soon"},
		"negative duration":   {header + "cache: {tag: -1s}\n", "cache.tag: Invalid value: \"-1s\": is negative"},
		"no entries":          {header + "cache: {entries: 0}\n", "cache.entries: Invalid value"},
		"no time to look up":  {header + "limits: {lookupTimeout: 0s}\n", "limits.lookupTimeout"},
		"bad level":           {header + "defaults: {warn: loud}\n", `defaults.warn: Unsupported value: "loud"`},
		"level as a number":   {header + "defaults: {warn: 1}\n", "number"},
		"no such folder":      {header + "registries: {configDir: /does/not/exist}\n", "registries.configDir: "},
		"bad pattern":         {header + "registries: {nodeCredentials: [\"r.io\", \"[.io\"]}\n", "registries.nodeCredentials[1]: "},
		"pattern with scheme": {header + "registries: {mirrored: [\"https://r.io\"]}\n", "registries.mirrored[0]: "},
		"not YAML":            {"{", "configuration "},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := loadConfig(configFile(t, tc.content))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q in it", err, tc.want)
			}
		})
	}
}
