package reference

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	const digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	for in, want := range map[string]Reference{
		"nginx":                       {Host: "docker.io", Repository: "library/nginx", Tag: "latest", TagImplied: true, Short: true},
		"nginx:1":                     {Host: "docker.io", Repository: "library/nginx", Tag: "1", Short: true},
		"index.docker.io/org/app":     {Host: "docker.io", Repository: "org/app", Tag: "latest", TagImplied: true},
		"foo:5000":                    {Host: "docker.io", Repository: "library/foo", Tag: "5000", Short: true},    // C07
		"Foo/bar:1":                   {Host: "Foo", Repository: "bar", Tag: "1"},                                  // C04
		"img:nope@" + digest:          {Host: "docker.io", Repository: "library/img", Digest: digest, Short: true}, // C05
		"localhost/foo":               {Host: "localhost", Repository: "foo", Tag: "latest", TagImplied: true},     // C39
		"localhost":                   {Host: "docker.io", Repository: "library/localhost", Tag: "latest", TagImplied: true, Short: true},
		"[::1]:5000/foo:1":            {Host: "[::1]:5000", Repository: "foo", Tag: "1"},
		"docker.io/nginx:1":           {Host: "docker.io", Repository: "library/nginx", Tag: "1"},
		"my_reg.io/foo":               {Host: "my_reg.io", Repository: "foo", Tag: "latest", TagImplied: true},
		"DOCKER.IO/library/nginx:1":   {Host: "DOCKER.IO", Repository: "library/nginx", Tag: "1"},
		"registry.example.com/a/b:v1": {Host: "registry.example.com", Repository: "a/b", Tag: "v1"},
	} {
		got, err := Parse(in)
		if err != nil {
			t.Errorf("Parse(%q): %v", in, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", in, diff)
		}
	}
}

func TestParseInvalid(t *testing.T) {
	for in, want := range map[string]string{
		"":                                  "is empty",
		"Nginx:1":                           "lower-case", // C02
		"ghcr.io/Org/app":                   "lower-case",
		"docker://nginx":                    "scheme", // C03
		"https://reg.io/foo":                "scheme",
		"nginx ":                            "white space",
		"nginx\n":                           "control character",
		"ngi\x00nx":                         "control character",
		"${IMAGE}":                          "template variable",
		"{{ .Values.image }}:1":             "template variable",
		"nginx:":                            "tag",
		"reg.io/foo/":                       "form", // C03
		"reg.io//foo":                       "form", // C03
		"reg.io/a___b":                      "form", // C03
		"my_reg:5000/x":                     "form", // C03
		"a:b:c":                             "form",
		strings.Repeat("a", 248):            "longer than 255", // C08
		strings.Repeat("a", 64):             "form",            // 64 hexadecimal digits could be an image ID
		"a@sha256:abc":                      "form",
		"nginx:" + strings.Repeat("a", 129): "form",
		strings.Repeat("x", 10<<20):         "longer than any valid reference",
		"app\xff:1":                         "UTF-8",
	} {
		_, err := Parse(in)
		if err == nil {
			t.Errorf("Parse(%.40q) succeeded", in)
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%.40q) says %q, want %q in it", in, err, want)
		}
		if len(err.Error()) > 120 {
			t.Errorf("Parse(%.40q): the error has %d characters", in, len(err.Error()))
		}
	}
}

// Nothing long is walked by the parser, however little is wrong with it.
func TestLong(t *testing.T) {
	for _, s := range []string{strings.Repeat("a", 5000), strings.Repeat("a.", 2500) + "io/a", "r.io/" + strings.Repeat("a/", 1<<20)} {
		if _, err := Parse(s); err == nil || !strings.Contains(err.Error(), "longer than any") {
			t.Errorf("%d bytes: %v", len(s), err)
		}
	}
}
