package config

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/proof"
	"github.com/pullgate/pullgate/webhook"
)

const header = "apiVersion: pullgate.dev/v1alpha1\nkind: Configuration\n"

func TestParse(t *testing.T) {
	dir := t.TempDir()
	got, err := Parse("config.yaml", []byte(header+`
defaults: {enforce: off, warn: false, audit: "definite"}
exemptions:
  namespaces: [dev-*, &team 2024-01-01]
  usernames:
    - *team
  images:
workloads: {placeholders: []}
reasons: {definite: [Unreachable]}
registries: {configDir: `+dir+`}
cache: {tag: 90s, notFound: 0s, entries: 0x10}
limits: {lookupTimeout: "2s"}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Hash = got.Hash
	want.Defaults = webhook.Levels{Enforce: webhook.Off, Warn: webhook.Off, Audit: webhook.Definite}
	want.Exemptions = webhook.Exemptions{Namespaces: []string{"dev-*", "2024-01-01"}, Usernames: []string{"2024-01-01"}}
	want.Workloads.Placeholders = []string{}
	want.Reasons.Definite = []resolver.Reason{resolver.Unreachable}
	want.Registries.ConfigDir = dir
	want.Cache.Tag.Duration = 90 * time.Second
	want.Cache.NotFound.Duration = 0
	want.Cache.Entries = 16
	want.Limits.LookupTimeout.Duration = 2 * time.Second
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDefaults(t *testing.T) {
	for name, content := range map[string]string{
		"header alone": header,
		"all null":     header + "defaults:\nexemptions:\nworkloads: {placeholders: null}\ncache: ~\n",
		"JSON":         `{"apiVersion": "pullgate.dev/v1alpha1", "kind": "Configuration"}`,
		"document":     "# a comment\n---\n" + header + "...\n",
		"CRLF":         strings.ReplaceAll(header, "\n", "\r\n"),
		"BOM":          "\ufeff" + header,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse("config.yaml", []byte(content))
			if err != nil {
				t.Fatal(err)
			}
			got.Hash = ""
			if diff := cmp.Diff(Default(), got); diff != "" {
				t.Errorf("-default +got:\n%s", diff)
			}
		})
	}
}

// A list in the file takes the place of the default one, an empty list too.
func TestParseListReplacesTheDefault(t *testing.T) {
	for content, want := range map[string][]string{
		"{nodeCredentials: []}":         {},
		"{nodeCredentials: [\"r.io\"]}": {"r.io"},
		"{}":                            proof.CloudRegistries(),
	} {
		got, err := Parse("config.yaml", []byte(header+"registries: "+content+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Registries.NodeCredentials); diff != "" {
			t.Errorf("%s: -want +got:\n%s", content, diff)
		}
	}
}

// Each error has the line and the path of its field; the header is lines 1 and 2.
func TestParseRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ content, want string }{
		"unknown field":       {header + "defualts: {}\n", `config.yaml:3: defualts: unknown field; did you mean "defaults"?`},
		"unknown inner field": {header + "cache:\n  tag: 1m\n  tags: 5m\n", `config.yaml:5: cache.tags: unknown field; did you mean "tag"?`},
		"nothing like it":     {header + "replicas: 3\n", "config.yaml:3: replicas: unknown field"},
		"in capitals":         {header + "Cache: {}\n", `config.yaml:3: Cache: unknown field; did you mean "cache"?`},
		"in Go's spelling":    {header + "registries: {ConfigDir: /}\n", `config.yaml:3: registries.ConfigDir: unknown field; did you mean "configDir"?`},
		"empty name":          {header + "'': 1\n", "config.yaml:3: unknown field"},
		"name of many lines":  {header + "\"a\\nb\": 1\n", "config.yaml:3: a?b: unknown field"},
		"name that is a list": {header + "? [a]\n: 1\n", "config.yaml:3: a list is not the name of a field"},
		"merge key":           {header + "cache: {<<: {tag: 1m}}\n", "config.yaml:3: cache.<<: unknown field"},

		"field twice":       {header + "cache: {tag: 1m}\ndefaults: {}\ncache: {tag: 2m}\n", "config.yaml:5: cache: is given twice, first on line 3"},
		"inner field twice": {header + "cache:\n  tag: 1m\n  tag: 1m\n", "config.yaml:5: cache.tag: is given twice, first on line 4"},

		"string for a mapping":  {header + "cache: none\n", `config.yaml:3: cache: must be a mapping of fields, not "none"`},
		"list for a mapping":    {header + "cache:\n- tag: 1m\n", "config.yaml:4: cache: must be a mapping of fields, not a list"},
		"string for a list":     {header + "exemptions: {images: nginx}\n", `config.yaml:3: exemptions.images: must be a list, not "nginx"`},
		"list for a string":     {header + "exemptions: {images: [[nginx]]}\n", "config.yaml:3: exemptions.images[0]: must be a string, not a list"},
		"number for a string":   {header + "exemptions:\n  namespaces:\n  - a\n  - 12\n", "config.yaml:6: exemptions.namespaces[1]: must be a string, not 12"},
		"string for a number":   {header + "cache: {entries: many}\n", `config.yaml:3: cache.entries: must be an integer, not "many"`},
		"quoted number":         {header + "cache: {entries: '7'}\n", `config.yaml:3: cache.entries: must be an integer, not "7"`},
		"fraction":              {header + "cache: {entries: 1.5}\n", "config.yaml:3: cache.entries: must be an integer, not 1.5"},
		"too large a number":    {header + "cache: {entries: 99999999999999999999}\n", "config.yaml:3: cache.entries: must be an integer, not 99999999999999999999"},
		"infinity":              {header + "cache: {entries: .inf}\n", "config.yaml:3: cache.entries: must be an integer, not .inf"},
		"unknown tag":           {header + "cache: {entries: !many 1}\n", "config.yaml:3: cache.entries: must be an integer"},
		"value not as its tag":  {header + "cache: {entries: !!int many}\n", "config.yaml:3: cache.entries: must be an integer"},
		"level as a number":     {header + "defaults: {warn: 1}\n", "config.yaml:3: defaults.warn: must be a string, not 1"},
		"alias for a mapping":   {header + "defaults: &d {warn: off}\ncache: {tag: *d}\n", "config.yaml:3: cache.tag: must be a duration such as 90s, 5m or 24h, not a mapping"},
		"alias of itself":       {header + "cache: &a {tag: *a}\n", "config.yaml:3: cache.tag: must be a duration such as 90s, 5m or 24h, not a mapping"},
		"bad duration":          {header + "cache:\n\n  tag: soon\n", `config.yaml:5: cache.tag: must be a duration such as 90s, 5m or 24h, not "soon"`},
		"duration without unit": {header + "cache: {tag: 300}\n", "config.yaml:3: cache.tag: must be a duration such as 90s, 5m or 24h, not 300"},

		"bad level":           {header + "defaults:\n  warn: loud\n", `config.yaml:4: defaults.warn: Unsupported value: "loud": supported values: "off", "definite", "strict"`},
		"negative duration":   {header + "cache:\n  tag: -1s\n", `config.yaml:4: cache.tag: Invalid value: "-1s": is negative`},
		"no entries":          {header + "cache: {entries: 0}\n", "config.yaml:3: cache.entries: Invalid value: 0: must be from 1 to 1000000"},
		"too many entries":    {header + "cache: {entries: 9000000000000000000}\n", "config.yaml:3: cache.entries: Invalid value: 9000000000000000000: must be from 1 to 1000000"},
		"no look-up at all":   {header + "limits: {lookupsPerRegistry: 0}\n", "config.yaml:3: limits.lookupsPerRegistry: Invalid value: 0"},
		"no time to look up":  {header + "limits: {lookupTimeout: 0s}\n", "config.yaml:3: limits.lookupTimeout: Invalid value"},
		"no such folder":      {header + "registries:\n  configDir: /does/not/exist\n", `config.yaml:4: registries.configDir: Invalid value: "/does/not/exist"`},
		"bad glob":            {header + "exemptions:\n  images:\n  - nginx\n  - '[a'\n", `config.yaml:6: exemptions.images[1]: Invalid value: "[a": is not a glob`},
		"empty glob":          {header + "exemptions:\n  usernames:\n  -\n", `config.yaml:5: exemptions.usernames[0]: Invalid value: "": is not a glob`},
		"bad pattern":         {header + "registries: {nodeCredentials: [\"r.io\",\n  \"[.io\"]}\n", "config.yaml:4: registries.nodeCredentials[1]: Invalid value"},
		"no mode":             {header + "registries: {content: {default: now}}\n", `config.yaml:3: registries.content.default: Unsupported value: "now": supported values: "off", "background", "wait"`},
		"pattern with scheme": {header + "registries: {mirrored: [\"https://r.io\"]}\n", "config.yaml:3: registries.mirrored[0]: Invalid value"},
		"unknown reason":      {header + "reasons:\n  definite:\n  - Unreachabel\n", `config.yaml:5: reasons.definite[0]: Unsupported value: "Unreachabel"`},
		"reason of its class": {header + "reasons: {unverified: [Unreachable]}\n", `config.yaml:3: reasons.unverified[0]: Unsupported value: "Unreachable"`},

		"no apiVersion":      {"kind: Configuration\n", "config.yaml: apiVersion: is missing; it must be pullgate.dev/v1alpha1"},
		"no kind":            {"apiVersion: pullgate.dev/v1alpha1\n", "config.yaml: kind: is missing; it must be Configuration"},
		"another version":    {"kind: Configuration\napiVersion: pullgate.dev/v2\n", `config.yaml:2: apiVersion: must be pullgate.dev/v1alpha1, not "pullgate.dev/v2"`},
		"another kind":       {"apiVersion: v1\nkind: ConfigMap\ndata: {}\n", "config.yaml:1: apiVersion: must be pullgate.dev/v1alpha1, not \"v1\"\nconfig.yaml:2: kind: must be Configuration, not \"ConfigMap\""},
		"number for version": {"apiVersion: 1\nkind: Configuration\n", "config.yaml:1: apiVersion: must be pullgate.dev/v1alpha1"},

		"empty":                    {"", "config.yaml: is empty; it must have at least apiVersion: pullgate.dev/v1alpha1 and kind: Configuration"},
		"comments alone":           {"# nothing\n", "config.yaml: is empty"},
		"null":                     {"null\n", "config.yaml: is empty"},
		"text":                     {"\nhello\n", `config.yaml:2: must be a mapping of fields, not "hello"`},
		"a list":                   {"- a\n", "config.yaml:1: must be a mapping of fields, not a list"},
		"second document":          {header + "---\n" + header, "config.yaml:3: a second YAML document begins here"},
		"second, bad":              {header + "---\n{", "config.yaml:4: is not valid YAML: "},
		"brace":                    {"{", "config.yaml:1: is not valid YAML: while parsing a flow node: did not find expected node content"},
		"brace, later":             {header + "\n\n\ncache: {tag: 5m\n", "config.yaml:6: is not valid YAML: while parsing a flow mapping: did not find"},
		"bracket":                  {header + "exemptions:\n  images: [a\n\n\ncache: {}\n", "config.yaml:7: is not valid YAML: while parsing a flow sequence that begins on line 4: did"},
		"quote":                    {"kind: 'Con\n", "config.yaml:1: is not valid YAML: while scanning a quoted scalar: found"},
		"tab":                      {header + "cache:\n\ttag: 5m\n", "config.yaml:4: is not valid YAML: "},
		"bad indent":               {header + "cache:\n  tag: 5m\n entries: 5\n", "config.yaml:5: is not valid YAML: "},
		"bare asterisk":            {header + "exemptions:\n  images: [*]\n", "config.yaml:4: is not valid YAML: while scanning an alias: did not find expected alphabetic or numeric character; what begins with * must be in quotes"},
		"bare glob":                {header + "exemptions:\n  images:\n  - **/app\n", "config.yaml:5: is not valid YAML: unknown anchor '*/app' referenced; what begins with * must be in quotes"},
		"control character":        {header + "cache:\x00\n", "config.yaml:3: is not UTF-8 text without control characters"},
		"line break of YAML's own": {header + "cache:\u2028  entries: x\n", "config.yaml:3: is not UTF-8 text without control characters, its lines ended by LF or CRLF"},
		"carriage return":          {header + "cache:\r  entries: x\n", "config.yaml:3: is not UTF-8 text without control characters, its lines ended by LF or CRLF"},
		"binary":                   {"\n\xff\xfe", "config.yaml:2: is not UTF-8 text"},
		"nested too deep":          {header + "cache: " + strings.Repeat("[", 20_000), "is not valid YAML: "},
		"too large":                {header + strings.Repeat("# 4567890\n", maxSize/10), "config.yaml: is larger than 256 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Parse("config.yaml", []byte(tc.content))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error %v, want %s", err, tc.want)
			}
			if got, want := strings.Count(err.Error(), "\n"), strings.Count(tc.want, "\n"); got != want {
				t.Errorf("more than one error, or fewer: %v", err)
			}
			if diff := cmp.Diff(Configuration{}, c); diff != "" {
				t.Errorf("and yet a configuration:\n%s", diff)
			}
		})
	}
}

// Who mends a file learns of everything at once, from the top to the bottom.
func TestAllErrors(t *testing.T) {
	_, err := Parse("/etc/pullgate/config.yaml", []byte(`kind: Configuration
cache:
  tag: soon
  entries: 0
  notfound: 1s
defaults:
  audit: loud
exemptions:
  images: ["[", 7]
limits: {lookupTimeout: -1s}
`))
	want := `/etc/pullgate/config.yaml: apiVersion: is missing; it must be pullgate.dev/v1alpha1
/etc/pullgate/config.yaml:3: cache.tag: must be a duration such as 90s, 5m or 24h, not "soon"
/etc/pullgate/config.yaml:4: cache.entries: Invalid value: 0: must be from 1 to 1000000
/etc/pullgate/config.yaml:5: cache.notfound: unknown field; did you mean "notFound"?
/etc/pullgate/config.yaml:7: defaults.audit: Unsupported value: "loud": supported values: "off", "definite", "strict"
/etc/pullgate/config.yaml:9: exemptions.images[1]: must be a string, not 7
/etc/pullgate/config.yaml:9: exemptions.images[0]: Invalid value: "[": is not a glob
/etc/pullgate/config.yaml:10: limits.lookupTimeout: Invalid value: "-1s": is not positive`
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// However bad a file is, it is refused with little effort, and its errors can be read.
func TestManyErrors(t *testing.T) {
	items := strings.Repeat("'[',", maxSize/5)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Parse("config.yaml", []byte(header+"exemptions: {images: ["+items+"]}\n"))
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "images[19]: ") {
		t.Errorf("%v", err)
	}
	if n := (after.TotalAlloc - before.TotalAlloc) >> 20; n > 256 {
		t.Errorf("allocated %d MiB", n)
	}
}

func TestErrorsAreBounded(t *testing.T) {
	long := strings.Repeat("x", 800)
	content := header
	for n := range 100 {
		content += long + strings.Repeat("y", n) + ": 1\n"
	}
	content += "exemptions: {images: ['[" + strings.Repeat("x", 100_000) + "']}\n"
	_, err := Parse("config.yaml", []byte(content))
	var errs Errors
	if !errors.As(err, &errs) || len(errs) != 101 {
		t.Fatalf("%d errors, want 101", len(errs))
	}
	text := err.Error()
	if lines := strings.Split(text, "\n"); len(lines) != 21 || lines[20] != "config.yaml: 81 more errors" {
		t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-1])
	}
	for _, e := range errs {
		if n := len(e.Error()); n > 1500 {
			t.Errorf("an error of %d bytes", n)
		}
	}
}
