package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/content"
	"github.com/pullgate/pullgate/resolver/proof"
	"github.com/pullgate/pullgate/resolver/provider"
	"github.com/pullgate/pullgate/webhook"
)

// sameMeaning ignores what does not change what is done.
var sameMeaning = cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Configuration{}, "Hash")}

const printedDefaults = `apiVersion: pullgate.dev/v1alpha1
kind: Configuration
defaults:
  enforce: definite
  warn: strict
  audit: strict
exemptions:
  namespaces: []
  usernames: []
  runtimeClasses: []
  images: []
workloads:
  placeholders:
    - auto
    - $\{*\}
    - $(*)
    - \{\{*\}\}
reasons:
  definite: []
  unverified: []
registries:
  configDir: ""
  blockedCIDRs: []
  nodeCredentials:
    - '*.dkr.ecr.*.amazonaws.com'
    - '*.dkr.ecr-fips.*.amazonaws.com'
    - '*.dkr.ecr.*.amazonaws.com.cn'
    - '*.dkr-ecr.*.on.aws'
    - '*.dkr-ecr-fips.*.on.aws'
    - '*.dkr-ecr.*.on.amazonwebservices.com.cn'
    - '*.dkr.ecr.*.amazonaws.eu'
    - '*.dkr.ecr.*.c2s.ic.gov'
    - '*.dkr.ecr.*.sc2s.sgov.gov'
    - '*.dkr.ecr.*.cloud.adc-e.uk'
    - '*.dkr.ecr.*.csp.hci.ic.gov'
    - '*.dkr.ecr-fips.*.c2s.ic.gov'
    - '*.dkr.ecr-fips.*.sc2s.sgov.gov'
    - '*.dkr.ecr-fips.*.cloud.adc-e.uk'
    - '*.dkr.ecr-fips.*.csp.hci.ic.gov'
    - '*.pkg.dev'
    - gcr.io
    - '*.gcr.io'
    - container.cloud.google.com
    - '*.azurecr.io'
    - '*.azurecr.cn'
    - '*.azurecr.us'
    - '*.azurecr.de'
    - '*.*.geo.azurecr.io'
    - '*.*.geo.azurecr.cn'
    - '*.*.geo.azurecr.us'
    - '*.*.geo.azurecr.de'
    - '*.azurecr.eaglex.ic.gov'
    - '*.azurecr.microsoft.scloud'
    - '*.ocir.io'
    - ocir.*.oci.oraclecloud.com
    - cr.yandex
    - cr.yandexcloud.kz
    - cr.*.nebius.cloud
    - registry.redhat.io
    - registry.connect.redhat.com
  pullThrough: null
  mirrored: []
  content:
    default: background
    offFor:
      - docker.io
    backgroundFor: []
    waitFor: []
credentialProviders:
  identity: own
  tokens: none
  timeout: 30s
  suggestTags: false
cache:
  digest: 24h0m0s
  tag: 5m0s
  notFound: 10s
  stale: 24h0m0s
  warmUp: true
  entries: 100000
limits:
  lookupTimeout: 5s
  lookupsPerRegistry: 32
  lookups: 512
  backOff: 5s
`

func TestPrintDefaults(t *testing.T) {
	c := Default()
	got, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(printedDefaults, string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(Default(), c); diff != "" {
		t.Errorf("printing has changed it:\n%s", diff)
	}
}

// What is printed means what it was printed from, whatever the values look like.
func TestPrintedMeansTheSame(t *testing.T) {
	all := Configuration{
		APIVersion: APIVersion,
		Kind:       Kind,
		WebhookConfig: webhook.Config{
			Defaults: webhook.Levels{Enforce: webhook.Off, Warn: webhook.Definite, Audit: webhook.Off},
			Exemptions: webhook.Exemptions{
				Namespaces:     []string{"*", "**", "off", "no", "null", "~", "12", "1.5", "2024-01-01", "true", "0x1F", "1_000"},
				Usernames:      []string{"system:serviceaccount:a:b", "a: b", "- a", "# a", "a #b", " a ", "&a", "!a", "%a", "@a", "`a", "'", `"`, "a\nb\n", "\tx", "ü\u2028😀<&>"},
				RuntimeClasses: []string{`\[`, "[a-z]", "{a,b}", "?"},
				Images:         []string{"registry.example.com:5000/acme/**", "nginx@sha256:*", "<<", "="},
			},
			Workloads: webhook.WorkloadsConfig{Placeholders: []string{}},
		},
		ResolverConfig: resolver.Config{
			Reasons: resolver.ReasonsConfig{Definite: []resolver.Reason{resolver.Unreachable}, Unverified: []resolver.Reason{resolver.PlatformMismatch}},
			Registries: resolver.RegistriesConfig{ConfigDir: t.TempDir(), NodeCredentials: []string{"*.dkr.ecr.*.amazonaws.com"}, Mirrored: []string{"docker.io"}, PullThrough: []string{},
				Content: content.Config{Default: content.Off, WaitFor: []string{"r.io"}}},
			CredentialProviders: resolver.CredentialProvidersConfig{Identity: proof.Node, Tokens: provider.PodTokens, Timeout: metav1.Duration{Duration: time.Minute}, SuggestTags: true},

			Cache:  resolver.CacheConfig{Digest: metav1.Duration{Duration: 1}, Tag: metav1.Duration{Duration: 90 * time.Minute}, Entries: 1},
			Limits: resolver.LimitsConfig{LookupTimeout: metav1.Duration{Duration: 1500 * time.Millisecond}, LookupsPerRegistry: 7, Lookups: 9},
		},
	}
	for name, c := range map[string]Configuration{"defaults": Default(), "everything else": all} {
		t.Run(name, func(t *testing.T) {
			printed, err := c.YAML()
			if err != nil {
				t.Fatal(err)
			}
			again, err := Parse("printed", printed)
			if err != nil {
				t.Fatalf("%v\n%s", err, printed)
			}
			if diff := cmp.Diff(c, again, sameMeaning); diff != "" || (c.Registries.PullThrough == nil) != (again.Registries.PullThrough == nil) {
				t.Errorf("-want +got:\n%s\n%s", diff, printed)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(printedDefaults)
	f.Add(header + "exemptions:\n  images: [*]\n")
	f.Add(header + "cache: &a {tag: *a, entries: !!int x}\n? [a]\n: {<<: *a}\n")
	f.Add("a: |\n  b\n\t c\n---\n- {")
	f.Fuzz(func(t *testing.T, content string) {
		c, err := Parse("config.yaml", []byte(content))
		if err != nil {
			wantUseful(t, err, content)
			return
		}
		printed, err := c.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("printed", printed)
		if err != nil {
			t.Fatalf("%v\n%s", err, printed)
		}
		if diff := cmp.Diff(c, again, sameMeaning); diff != "" || (c.Registries.PullThrough == nil) != (again.Registries.PullThrough == nil) {
			t.Errorf("-read +printed:\n%s", diff)
		}
	})
}

// wantUseful requires that each error has a line of the file and a message, or
// is about something that is missing from it.
func wantUseful(t *testing.T, err error, content string) {
	t.Helper()
	errs, ok := err.(Errors) //nolint:errorlint // Parse promises just that
	if !ok || len(errs) == 0 {
		t.Fatalf("%T: %v", err, err)
	}
	lines := 1 + strings.Count(content, "\n")
	for _, e := range errs {
		missing := e.Field == "apiVersion" || e.Field == "kind" || len(content) > maxSize || strings.HasPrefix(e.Message, "is empty")
		if e.Message == "" || e.Line > lines || e.Line < 1 && !missing {
			t.Errorf("a file of %d lines: %v", lines, e)
		}
	}
}
