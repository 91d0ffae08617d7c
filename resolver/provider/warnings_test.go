package provider

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestWarnings: patterns that do no good, and those that give a cloud's password to
// strangers (P03, P12, P47).
func TestWarnings(t *testing.T) {
	const (
		ecr, gcp, acr = "ecr-credential-provider", "auth-provider-gcp", "acr-credential-provider"
		never         = "never matches"
		notAsMeant    = "never matches as it is meant"
		wide          = "would send them"
	)
	for _, tc := range []struct{ plugin, pattern, want string }{
		{"plugin", "", "it names no host"},
		{"plugin", "https://r.io", "leave the scheme out"},
		{"plugin", "http://r.io/a", "leave the scheme out"},
		{"plugin", "r.io/*", notAsMeant},
		{"plugin", "r.io/team/[ab]", notAsMeant},
		{"plugin", "R.IO", "lower-case"},
		{"plugin", "user@r.io", notAsMeant},
		{"plugin", "r.io/a?b#c", notAsMeant},
		{"plugin", "index.docker.io", "docker.io"},
		{"plugin", "/team", never},
		{"plugin", "r.io", ""},
		{"plugin", "r.io/team", ""},
		{"plugin", "r.io:5000", ""},
		{"plugin", "docker.io", ""},
		{"plugin", "registry", ""},
		{"plugin", "*.registry.example.com", ""},
		{"plugin", "*.*", wide},
		{"plugin", "*", wide},
		{"plugin", "*.io", wide},
		{"plugin", "registry.*", wide},
		{acr, "*.azurecr.io", ""},
		{acr, "*.azurecr.*", wide},
		{ecr, "*.dkr.ecr.*.amazonaws.com", ""},
		{ecr, "*.dkr.ecr.*.amazonaws.com.cn", ""},
		{ecr, "*.dkr-ecr.*.on.aws", ""},
		{ecr, "*.dkr.ecr-fips.*.amazonaws.com", ""},
		{ecr, "*.dkr-ecr-fips.*.on.aws", ""},
		{ecr, "*.dkr.ecr.*.amazonaws.eu", ""},
		{ecr, "*.dkr.ecr.us-iso-east-1.c2s.ic.gov", ""},
		{ecr, "public.ecr.aws", ""},
		{ecr, "ecr-public.aws.com", ""},
		{ecr, "111122223333.dkr.ecr.eu-west-1.amazonaws.com:443", ""},
		{ecr, "*.*", wide},
		{ecr, "ghcr.io", wide},
		{ecr, "*.dkr.ecr.*.amazonaws.com.example.com", wide},
		{ecr, "myamazonaws.com", wide},
		{ecr + "-wrapper.sh", "ghcr.io", wide},
		{gcp, "gcr.io", ""},
		{gcp, "*.gcr.io", ""},
		{gcp, "*.pkg.dev", ""},
		{gcp, "container.cloud.google.com", ""},
		{gcp, "docker.io", wide},
	} {
		p := named(tc.plugin, tc.pattern)
		p.File = "config.yaml"
		got := strings.Join((&Config{Providers: []Provider{p}}).Warnings(), "\n")
		if tc.want == "" {
			if got != "" {
				t.Errorf("%s, %s: %s", tc.plugin, tc.pattern, got)
			}
			continue
		}
		where := `credential provider configuration config.yaml: provider "` + tc.plugin + `": matchImages[0]: "` + tc.pattern + `" `
		if !strings.Contains(got, where) || !strings.Contains(got, tc.want) && !strings.Contains(got, "would send them the cloud's") {
			t.Errorf("%s, %s: %q, want %s … %s", tc.plugin, tc.pattern, got, where, tc.want)
		}
	}
}

// TestErrorsAreStable: what is wrong is told in the same words each time, for a reload
// tells it once of each.
func TestErrorsAreStable(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "config.yaml"), oneOf(map[string]string{"tokenAttributes": tokens(map[string]string{
		"requiredServiceAccountAnnotationKeys": `["a b", "c d"]`, "optionalServiceAccountAnnotationKeys": `["e f", "g h"]`,
	})}))
	bin, first := plugins(t, "plugin"), ""
	for range 50 {
		_, err := Load(path, bin)
		if err == nil {
			t.Fatal("taken")
		}
		if first == "" {
			first = err.Error()
		}
		if err.Error() != first {
			t.Fatalf("%v\nand before: %s", err, first)
		}
	}
}

// TestErrorsKeepSecrets: what is wrong with a configuration does not tell the
// environment and the arguments of its plugins.
func TestErrorsKeepSecrets(t *testing.T) {
	const secret = "hunter2"
	for name, text := range map[string]string{
		"as a name":        oneOf(map[string]string{"env": "[{name: A, value: " + secret + "}]", "name": "a/b"}),
		"of another type":  oneOf(map[string]string{"env": "[{name: A, value: [" + secret + "]}]"}),
		"a text":           oneOf(map[string]string{"env": secret}),
		"a list":           oneOf(map[string]string{"env": "[" + secret + "]"}),
		"an argument":      oneOf(map[string]string{"args": "[[" + secret + "]]"}),
		"arguments":        oneOf(map[string]string{"args": secret}),
		"no YAML":          oneOf(map[string]string{"env": "[{name: A, value: '" + secret + "}]"}),
		"no YAML, an end":  oneOf(map[string]string{"env": "[{name: A, value: \"\\" + secret + "\"}]"}),
		"a second one":     oneOf(map[string]string{"env": "[{name: A, value: " + secret + "}]"}) + "---\n" + secret,
		"no plugin":        oneOf(map[string]string{"env": "[{name: A, value: " + secret + "}]", "name": "missing"}),
		"only its content": secret,
	} {
		_, err := Load(write(t, filepath.Join(t.TempDir(), "config.yaml"), text), plugins(t, "plugin"))
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLoadPaths: what stands in the way of reading anything.
func TestLoadPaths(t *testing.T) {
	bin, dir := plugins(t, "plugin"), t.TempDir()
	good := write(t, filepath.Join(dir, "config.yaml"), oneOf(nil))
	for name, tc := range map[string]struct{ config, bin, want string }{
		"no configuration": {filepath.Join(dir, "none"), bin, filepath.Join(dir, "none") + ": no such file"},
		"no folder":        {good, filepath.Join(dir, "none"), "folder of the credential provider plugins: stat " + filepath.Join(dir, "none")},
		"a file as folder": {good, good, good + " is not a folder"},
	} {
		if _, err := Load(tc.config, tc.bin); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
}

// TestRelativeFolder: a plugin is that of the folder, and never one of the same name
// that is on the path.
func TestRelativeFolder(t *testing.T) {
	t.Setenv("PATH", plugins(t, "plugin", "missing"))
	t.Chdir(plugins(t, "plugin"))
	path := filepath.Join(t.TempDir(), "config.yaml")
	c, err := Load(write(t, path, oneOf(nil)), ".")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Providers[0].Binary; !filepath.IsAbs(got) {
		t.Errorf("the plugin is %s, wherever that is", got)
	}
	if _, err := Load(write(t, path, provides("missing")), "."); err == nil {
		t.Error("a plugin is found that is not in the folder")
	}
}
