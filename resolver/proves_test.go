package resolver

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/proof"
	"github.com/pullgate/pullgate/resolver/provider"
)

// TestWhatAnAnswerProves is the table of what an answer to a provider's credential
// proves of nodes, by whose identity it was given (P30, P39 to P42, P44).
func TestWhatAnAnswerProves(t *testing.T) {
	const schema1Type = "application/vnd.docker.distribution.manifest.v1+prettyjws"
	type both struct{ own, node Reason }
	same := func(r Reason) both { return both{r, r} }
	var (
		refused  = both{NodeManaged, Unauthorized}
		missing  = both{NodeManaged, ImageNotFound}
		noRepo   = both{NodeManaged, RepositoryNotFound}
		definite = map[string]both{gar: same(ImageNotFound), acr: same(ImageNotFound), ecr: missing, other: missing}
		noRepos  = map[string]both{gar: same(RepositoryNotFound), acr: same(RepositoryNotFound), ecr: noRepo, other: noRepo}
		all      = func(b both) map[string]both { return map[string]both{gar: b, acr: b, ecr: b, other: b} }
	)
	for answer, tc := range map[string]struct {
		registry http.HandlerFunc // to who logs in
		plugin   *plugin          // nil: it has a login
		want     map[string]both
	}{
		"found":                   {open, nil, all(same(Pullable))},
		"for another platform":    {indexFor("s390x"), nil, all(same(PlatformMismatch))},
		"of schema 1":             {func(w http.ResponseWriter, r *http.Request) { manifest(w, r, "Content-Type", schema1Type) }, nil, all(same(UnsupportedManifest))},
		"an index that is gone":   {announced(404), nil, all(same(ImageIncomplete))},
		"an index refused":        {announced(403), nil, all(refused)},
		"an index, and nonsense":  {announced(418), nil, all(both{NodeManaged, ImageIncomplete})},
		"HEAD refused, oddly":     {lists(418, "TEAPOT"), nil, all(both{NodeManaged, UnsupportedManifest})},
		"401":                     {lists(401, "UNAUTHORIZED"), nil, all(refused)},
		"403 (P39)":               {lists(403, "DENIED"), nil, all(refused)},
		"no manifest (P41, P44)":  {lists(404, "MANIFEST_UNKNOWN"), nil, definite},
		"no repository":           {lists(404, "NAME_UNKNOWN"), nil, noRepos},
		"404 without a list":      {lists(404, ""), nil, all(missing)},
		"503":                     {lists(503, ""), nil, all(same(RegistryUnavailable))},
		"429":                     {lists(429, "TOOMANYREQUESTS"), nil, all(same(RateLimited))},
		"the plugin fails (P40)":  {open, breaking(), all(same(CredentialProviderFailed))},
		"it has nothing (P42)":    {open, answering(credentialsFor()), all(same(NodeManaged))},
		"it has others' (P29)":    {open, answering(credentialsFor("elsewhere.test", "u", "p")), all(same(NodeManaged))},
		"it answers nonsense":     {open, answering(provider.Output{Stdout: []byte("nonsense")}), all(same(CredentialProviderFailed))},
		"it has an anonymous one": {open, answering(credentialsFor("*.*", "", "", "*.*.*", "", "", "*.*.*.*.*.*", "", "")), all(refused)},
	} {
		for host, want := range tc.want {
			for identity, want := range map[proof.Identity]Reason{proof.Own: want.own, proof.Node: want.node} {
				t.Run(fmt.Sprintf("%s, %s, %s", answer, host, identity), func(t *testing.T) {
					config := patient()
					config.CredentialProviders.Identity = identity
					config.Registries.NodeCredentials = nil // what a provider covers counts as listed (P70)
					r := resolverFor(t, config, map[string]http.Handler{host: letsIn(map[string]http.HandlerFunc{"u:p": tc.registry})})
					p := tc.plugin
					if p == nil {
						p = answering(credentialsFor(host, "u", "p"))
					}
					v := r.runs(p).Check(t.Context(), Image{Reference: host + "/team/app:v1"}, Pod{Credentials: NewCredentials("dev", nil), Nodes: nodesOf{"linux/amd64"}})
					if v.Reason != want {
						t.Errorf("%s %q, want %s", v.Reason, v.Message, want)
					}
				})
			}
		}
	}
}

// announced is an index that HEAD finds, and GET comes to a status for.
func announced(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			status(w, code, "")
			return
		}
		manifest(w, r, "Content-Type", ocispec.MediaTypeImageIndex)
	}
}

// TestPullThrough: what is not on private ECR is not there for nodes either only once
// somebody has said which of its repositories a first pull creates (P41).
func TestPullThrough(t *testing.T) {
	for name, tc := range map[string]struct {
		patterns []string
		identity proof.Identity
		want     Reason
		says     string
	}{
		"nothing said":       {nil, proof.Own, NodeManaged, `tag "v1" does not exist, but a node's first pull may import it: registries.pullThrough says where`},
		"there are none":     {[]string{}, proof.Own, ImageNotFound, `tag "v1" does not exist; push it, or correct the tag`},
		"it is one":          {[]string{"*.dkr.ecr.*.amazonaws.com/team"}, proof.Own, NodeManaged, "may import it"},
		"others are":         {[]string{"*.dkr.ecr.*.amazonaws.com/hub", gar}, proof.Own, ImageNotFound, ""},
		"a node has said so": {[]string{"*.dkr.ecr.*.amazonaws.com/team"}, proof.Node, ImageNotFound, ""},
	} {
		for code, reason := range map[string]Reason{"MANIFEST_UNKNOWN": ImageNotFound, "NAME_UNKNOWN": RepositoryNotFound} {
			config := patient()
			config.CredentialProviders.Identity, config.Registries.PullThrough = tc.identity, tc.patterns
			r := resolverFor(t, config, map[string]http.Handler{ecr: letsIn(map[string]http.HandlerFunc{"u:p": lists(404, code)})})
			v := r.runs(answering(credentialsFor(ecr, "u", "p"))).Check(t.Context(), Image{Reference: ecr + "/team/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
			want, says := tc.want, tc.says
			if code == "NAME_UNKNOWN" {
				if says = ""; want == ImageNotFound {
					want = reason
				}
			}
			if v.Reason != want || !strings.Contains(v.Message, says) {
				t.Errorf("%s, %s: %s %q, want %s %q", name, code, v.Reason, v.Message, want, says)
			}
		}
	}
}

// TestWordsOfWhatNodesHave: what was asked, as whom, and what to do.
func TestWordsOfWhatNodesHave(t *testing.T) {
	refused := letsIn(nil)
	for name, tc := range map[string]struct {
		identity proof.Identity
		registry http.HandlerFunc
		plugin   *plugin
		want     Reason
		says     []string
		not      []string
	}{
		"refused, own": {proof.Own, refused, &plugin{}, NodeManaged,
			[]string{`the registry refuses pullgate's own identity (credential provider "plugin")`, "may let the nodes' in", "let pullgate's read the repository"}, []string{"imagePullSecrets"}},
		"refused, node": {proof.Node, refused, &plugin{}, Unauthorized,
			[]string{`registry.test refuses the credentials of credential provider "plugin"`}, []string{"pullgate's own identity", "could be pulled"}},
		"not there, own": {proof.Own, letsIn(map[string]http.HandlerFunc{"u:p": always(404)}), &plugin{}, NodeManaged,
			[]string{`tag "v1" does not exist, or pullgate's own identity (credential provider "plugin") may not see it, and nodes' may`}, nil},
		"not there, node": {proof.Node, letsIn(map[string]http.HandlerFunc{"u:p": always(404)}), &plugin{}, ImageNotFound, []string{`tag "v1" does not exist; push it, or correct the tag`}, nil},
		"fails": {proof.Own, refused, breaking(), CredentialProviderFailed,
			[]string{`credential provider "plugin" failed here: it ends with exit status 1`, "nodes may have its credentials"}, nil},
		"has nothing": {proof.Own, refused, answering(credentialsFor()), NodeManaged,
			[]string{"no credential provider has credentials for it here, and nodes' may"}, []string{"imagePullSecrets"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := patient()
			config.CredentialProviders.Identity = tc.identity
			r := resolverFor(t, config, map[string]http.Handler{other: tc.registry})
			v := r.runs(tc.plugin).Check(t.Context(), Image{Reference: other + "/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
			if v.Reason != tc.want {
				t.Errorf("%s %q, want %s", v.Reason, v.Message, tc.want)
			}
			for _, want := range tc.says {
				if !strings.Contains(v.Message, want) {
					t.Errorf("says %q, want %q in it", v.Message, want)
				}
			}
			if i := slices.IndexFunc(tc.not, func(s string) bool { return strings.Contains(v.Message, s) }); i >= 0 {
				t.Errorf("says %q, want no %q", v.Message, tc.not[i])
			}
		})
	}
}

// TestFailureNamesNoSecret: what a provider fails with is what is said, and nothing that
// it had.
func TestFailureNamesNoSecret(t *testing.T) {
	r := resolverFor(t, patient(), map[string]http.Handler{other: letsIn(nil)})
	r.runs(&plugin{says: func(context.Context, int) (provider.Output, error) {
		return provider.Output{Stdout: []byte("hunter2"), Stderr: []byte("hunter2")}, errPlugin
	}})
	v := check(t.Context(), r, other+"/app:v1")
	if v.Reason != CredentialProviderFailed || strings.Contains(fmt.Sprintf("%+v", v), "hunter2") {
		t.Errorf("%+v", v)
	}
}
