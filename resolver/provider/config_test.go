package provider

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// header begins a configuration.
const header = "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\n"

// write writes a file, and the folders that it takes.
func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

// plugins makes a folder with plugins of these names.
func plugins(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// oneOf is a configuration of a provider, some of whose fields are other ones, or none
// if they are "".
func oneOf(fields map[string]string) string {
	all := map[string]string{"name": "plugin", "matchImages": "[r.io]", "defaultCacheDuration": "1h", "apiVersion": apiV1}
	for field, value := range fields {
		all[field] = value
	}
	return header + "providers:\n" + listed(all)
}

func listed(fields map[string]string) string {
	var text strings.Builder
	lead := "- "
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if value := fields[field]; value != "" {
			fmt.Fprintf(&text, "%s%s: %s\n", lead, field, value)
			lead = "  "
		}
	}
	return text.String()
}

// tokens are tokenAttributes, some of whose fields are other ones.
func tokens(fields map[string]string) string {
	all := map[string]string{"serviceAccountTokenAudience": "a", "requireServiceAccount": "true", "cacheType": "Token"}
	for field, value := range fields {
		all[field] = value
	}
	var parts []string
	for field, value := range all {
		if value != "" {
			parts = append(parts, field+": "+value)
		}
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ", ") + "}"
}

// TestLoad reads everything that a configuration can have.
func TestLoad(t *testing.T) {
	bin := plugins(t, "plugin", "second")
	path := write(t, filepath.Join(t.TempDir(), "config.yaml"), "# a comment\n---\n"+header+`providers:
- name: plugin
  apiVersion: credentialprovider.kubelet.k8s.io/v1
  matchImages: ["*.dkr.ecr.*.amazonaws.com", "r.io:5000/team"]
  defaultCacheDuration: "0"
  args: [get-credentials, "$(HOME)"]
  env: [{name: A, value: "1"}, {name: A, value: "$A"}]
  tokenAttributes:
    serviceAccountTokenAudience: sts
    cacheType: ServiceAccount
    requireServiceAccount: true
    requiredServiceAccountAnnotationKeys: [example.com/role]
    optionalServiceAccountAnnotationKeys: [example.com/Region]
- name: second
  apiVersion: credentialprovider.kubelet.k8s.io/v1beta1
  matchImages: [s.io]
  defaultCacheDuration: 1h30m
---
# and nothing else
`)
	c, err := Load(path, bin)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Providers) != 2 || len(c.Warnings()) != 0 {
		t.Fatalf("%+v, %q", c, c.Warnings())
	}
	first, second := c.Providers[0], c.Providers[1]
	if first.Name != "plugin" || first.File != path || first.Binary != filepath.Join(bin, "plugin") || first.defaultDuration() != 0 ||
		!slices.Equal(first.Args, []string{"get-credentials", "$(HOME)"}) || len(first.Env) != 2 || first.Env[1].Value != "$A" ||
		first.TokenAttributes.ServiceAccountTokenAudience != "sts" {
		t.Errorf("%+v", first)
	}
	if second.Name != "second" || second.defaultDuration() != 90*time.Minute || second.TokenAttributes != nil {
		t.Errorf("%+v", second)
	}
}

// TestLoadVersions: each version that a kubelet takes, in JSON as well.
func TestLoadVersions(t *testing.T) {
	for _, version := range []string{"v1", "v1beta1", "v1alpha1"} {
		for name, text := range map[string]string{
			"config.yaml": strings.Replace(oneOf(map[string]string{"args": "[a]", "env": "[{name: A, value: b}]"}), "k8s.io/v1\n", "k8s.io/"+version+"\n", 1),
			"config.json": `{"apiVersion":"kubelet.config.k8s.io/` + version + `","kind":"CredentialProviderConfig","providers":[{"name":"plugin",
				"matchImages":["r.io"],"defaultCacheDuration":"1h","apiVersion":"` + apiV1 + `","args":["a"],"env":[{"name":"A","value":"b"}]}]}`,
		} {
			c, err := Load(write(t, filepath.Join(t.TempDir(), name), text), plugins(t, "plugin"))
			if err != nil {
				t.Errorf("%s, %s: %v", version, name, err)
				continue
			}
			p := c.Providers[0]
			if p.Name != "plugin" || p.APIVersion != apiV1 || p.MatchImages[0] != "r.io" || p.defaultDuration() != time.Hour || p.Args[0] != "a" || p.Env[0].Value != "b" {
				t.Errorf("%s, %s: %+v", version, name, p)
			}
		}
	}
}

// TestLoadRefuses: what no kubelet starts with is refused with its file, provider and
// field, and says so (P01 to P04, P07, P08).
func TestLoadRefuses(t *testing.T) {
	const attributes = "tokenAttributes"
	one := func(field, value string) string { return oneOf(map[string]string{field: value}) }
	without := func(field string) string { return oneOf(map[string]string{field: ""}) }
	token := func(field, value string) string { return one(attributes, tokens(map[string]string{field: value})) }
	good := oneOf(nil)
	for name, tc := range map[string]struct {
		config string
		says   []string
	}{
		"unknown field (P01)":            {one("matchImage", "[r.io]"), []string{`unknown field "providers[0].matchImage"`}},
		"unknown field above":            {good + "provider: []\n", []string{`unknown field "provider"`}},
		"duplicate key (P01)":            {good + "  name: other\n", []string{`"name" already set`}},
		"no kind (P01)":                  {strings.Replace(good, "kind: CredentialProviderConfig\n", "", 1), []string{"kind is missing: it is CredentialProviderConfig"}},
		"no apiVersion (P01)":            {strings.Replace(good, "apiVersion: kubelet.config.k8s.io/v1\n", "", 1), []string{"apiVersion"}},
		"another kind":                   {strings.Replace(good, "CredentialProviderConfig", "KubeletConfiguration", 1), []string{"KubeletConfiguration"}},
		"another apiVersion":             {strings.Replace(good, "config.k8s.io/v1\n", "config.k8s.io/v2\n", 1), []string{"kubelet.config.k8s.io/v2"}},
		"no providers (P01)":             {header + "providers: []\n", []string{"providers: there is none"}},
		"no field providers":             {header, []string{"providers: there is none"}},
		"empty":                          {"", []string{"is missing"}},
		"no YAML":                        {header + "providers: [\n", []string{"yaml"}},
		"the same name twice (P01)":      {good + listed(map[string]string{"name": "plugin", "matchImages": "[s.io]", "defaultCacheDuration": "1h", "apiVersion": apiV1}), []string{`provider "plugin": name: is another provider's too, in `}},
		"no name (P02)":                  {without("name"), []string{`provider "": name: is empty`}},
		"name '' (P02)":                  {one("name", `''`), []string{`provider "": name: is empty`}},
		"name . (P02)":                   {one("name", "."), []string{`provider ".": name: is not a file name`}},
		"name .. (P02)":                  {one("name", ".."), []string{`provider "..": name: is not a file name`}},
		"name a/b (P02)":                 {one("name", "a/b"), []string{`provider "a/b": name: is not a file name`}},
		"name a b (P02)":                 {one("name", "a b"), []string{`provider "a b": name: is not a file name`}},
		"no matchImages (P02)":           {without("matchImages"), []string{`provider "plugin": matchImages: is empty`}},
		"empty matchImages (P02)":        {one("matchImages", "[]"), []string{`provider "plugin": matchImages: is empty`}},
		"no duration":                    {without("defaultCacheDuration"), []string{`provider "plugin": defaultCacheDuration: is missing`}},
		"negative duration (P02)":        {one("defaultCacheDuration", "-1h"), []string{`provider "plugin": defaultCacheDuration: -1h0m0s is negative`}},
		"number for a duration (P02)":    {one("defaultCacheDuration", "3600"), []string{"json"}},
		"no version":                     {without("apiVersion"), []string{`provider "plugin": apiVersion: is missing`}},
		"version v2 (P02)":               {one("apiVersion", "credentialprovider.kubelet.k8s.io/v2"), []string{`provider "plugin": apiVersion: "credentialprovider.kubelet.k8s.io/v2" is none of `}},
		"pattern r.io:* (P03)":           {one("matchImages", `[s.io, "r.io:*"]`), []string{`provider "plugin": matchImages[1]: "r.io:*" is not host[:port][/path]`}},
		"pattern [a (P03)":               {one("matchImages", `["[a"]`), []string{`matchImages[0]: "[a"`}},
		"pattern r io (P03)":             {one("matchImages", `["r io"]`), []string{`matchImages[0]: "r io"`}},
		"pattern %zz":                    {one("matchImages", `["%zz"]`), []string{`matchImages[0]: "%zz"`}},
		"no such plugin (P07)":           {one("name", "missing"), []string{`provider "missing": name: there is no plugin `, "/missing"}},
		"plugin not executable (P07)":    {one("name", "plain"), []string{`provider "plain": name: plugin `, "/plain cannot be run: ", "permission denied"}},
		"plugin is a folder (P07)":       {one("name", "folder"), []string{`provider "folder": name: plugin `, "/folder cannot be run: ", "is a directory"}},
		"no cacheType (P08)":             {token("cacheType", ""), []string{`provider "plugin": tokenAttributes.cacheType: is missing`}},
		"another cacheType":              {token("cacheType", "Pod"), []string{`tokenAttributes.cacheType: "Pod" is neither`}},
		"no audience":                    {token("serviceAccountTokenAudience", ""), []string{`tokenAttributes.serviceAccountTokenAudience: is missing`}},
		"two audiences":                  {token("serviceAccountTokenAudience", "[a, b]"), []string{"serviceAccountTokenAudience"}},
		"no requireServiceAccount":       {token("requireServiceAccount", ""), []string{`tokenAttributes.requireServiceAccount: is missing`}},
		"keys without it (P08)":          {one(attributes, tokens(map[string]string{"requireServiceAccount": "false", "requiredServiceAccountAnnotationKeys": "[a/b]"})), []string{`tokenAttributes.requiredServiceAccountAnnotationKeys: needs requireServiceAccount`}},
		"key twice":                      {token("optionalServiceAccountAnnotationKeys", "[a/b, a/b]"), []string{`tokenAttributes.optionalServiceAccountAnnotationKeys: "a/b" is given twice`}},
		"key that is none":               {token("requiredServiceAccountAnnotationKeys", `["a b"]`), []string{`tokenAttributes.requiredServiceAccountAnnotationKeys: "a b": `}},
		"key required and optional":      {one(attributes, tokens(map[string]string{"requiredServiceAccountAnnotationKeys": "[a/b]", "optionalServiceAccountAnnotationKeys": "[a/b]"})), []string{`tokenAttributes: annotation key "a/b" is required and optional`}},
		"tokens for v1beta1 (P08)":       {oneOf(map[string]string{"apiVersion": "credentialprovider.kubelet.k8s.io/v1beta1", attributes: tokens(nil)}), []string{`provider "plugin": tokenAttributes: takes a provider of apiVersion ` + apiV1}},
		"tokens in config v1beta1":       {strings.Replace(one(attributes, tokens(nil)), "config.k8s.io/v1\n", "config.k8s.io/v1beta1\n", 1), []string{`unknown field "providers[0].tokenAttributes"`}},
		"all that is wrong":              {oneOf(map[string]string{"name": "a/b", "matchImages": `["[a", "r io"]`, "defaultCacheDuration": "-1s"}), []string{"name: ", "matchImages[0]: ", "matchImages[1]: ", "defaultCacheDuration: "}},
		"an error of more than a screen": {one("matchImages", `["`+strings.Repeat("[", 5000)+`"]`), []string{"matchImages[0]: "}},
	} {
		t.Run(name, func(t *testing.T) {
			bin := plugins(t, "plugin")
			write(t, filepath.Join(bin, "plain"), "")
			write(t, filepath.Join(bin, "folder", "file"), "")
			path := write(t, filepath.Join(t.TempDir(), "config.yaml"), tc.config)
			c, err := Load(path, bin)
			if err == nil {
				t.Fatalf("taken: %+v", c)
			}
			text := err.Error()
			for _, want := range append(tc.says, "credential provider configuration "+path+": ", "a kubelet does not start with that") {
				if !strings.Contains(text, want) {
					t.Errorf("%s\nwant in it: %s", text, want)
				}
			}
			if len(text) > 4096 {
				t.Errorf("an error of %d bytes", len(text))
			}
		})
	}
}
