package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	kubeletv1 "k8s.io/kubelet/config/v1"
)

const (
	required = "example.com/role"
	optional = "example.com/region"
)

// withTokens is a provider with tokenAttributes.
func withTokens(name string, change func(*kubeletv1.ServiceAccountTokenAttributes)) Provider {
	p, yes := named(name, "*.io"), true
	p.TokenAttributes = &kubeletv1.ServiceAccountTokenAttributes{
		ServiceAccountTokenAudience: "audience", RequireServiceAccount: &yes, CacheType: kubeletv1.ServiceAccountServiceAccountTokenCacheType,
		RequiredServiceAccountAnnotationKeys: []string{required}, OptionalServiceAccountAnnotationKeys: []string{optional},
	}
	if change != nil {
		change(p.TokenAttributes)
	}
	return p
}

func notRequired(a *kubeletv1.ServiceAccountTokenAttributes) {
	no := false
	a.RequireServiceAccount, a.RequiredServiceAccountAnnotationKeys = &no, nil
}

func byToken(a *kubeletv1.ServiceAccountTokenAttributes) {
	a.CacheType = kubeletv1.TokenServiceAccountTokenCacheType
}

// cluster are the Accounts of a cluster in which every ServiceAccount has the same
// annotations.
type cluster struct {
	annotations     map[string]string
	identify, token error
	uid             string
	wait            time.Duration

	mu    sync.Mutex
	asked []string
	serial
}

// serial makes tokens, each new one another.
type serial struct{ made int }

// Identify finds the ServiceAccount.
func (c *cluster) Identify(ctx context.Context, of Account) (Identity, error) {
	if c.wait > 0 {
		select {
		case <-time.After(c.wait):
		case <-ctx.Done():
			return Identity{}, ctx.Err()
		}
	}
	return Identity{Namespace: of.Namespace, Name: of.Name, UID: c.uid, Annotations: c.annotations}, c.identify
}

// Token makes a token.
func (c *cluster) Token(_ context.Context, of Identity, audience string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, audience)
	return fmt.Sprintf("token-of-%s/%s-%d", of.Namespace, of.Name, c.made), c.token
}

func (c *cluster) renewToken() { c.mu.Lock(); defer c.mu.Unlock(); c.made++ }

var annotated = map[string]string{required: "reader", optional: "eu", "example.com/other": "secret"}

func tokenSet(runner Runner, mode TokenMode, accounts Accounts, providers ...Provider) *Set {
	return New(&Config{Providers: providers}, Options{Runner: runner, Accounts: map[TokenMode]Accounts{mode: accounts}})
}

func (q Question) of(mode TokenMode, namespace, name string) Question {
	q.Tokens, q.Account = mode, Account{Namespace: namespace, Name: name}
	return q
}

// TestTokens: on whose behalf a provider with tokenAttributes is run, if at all
// (P50 to P53, P69).
func TestTokens(t *testing.T) {
	hidden := errors.New(`pullgate may not read ServiceAccount "builder"`)
	builder, nobody, template := Account{Namespace: "team", Name: "builder"}, Account{Namespace: "team"}, Account{Namespace: "team", Name: "builder", Template: true}
	for name, tc := range map[string]struct {
		provider Provider
		accounts *cluster
		mode     TokenMode
		of       Account
		want     []string
		token    string // that the plugin got
		says     string
	}{
		"token and annotations":                {withTokens("p", nil), &cluster{annotations: annotated}, PodTokens, builder, []string{"u:p"}, "token-of-team/builder-0", ""},
		"none are asked for (P53)":             {withTokens("p", nil), &cluster{annotations: annotated}, NoTokens, builder, []string{"withheld: p"}, "", "credentialProviders.tokens"},
		"no ServiceAccount, required (P50)":    {withTokens("p", nil), &cluster{annotations: annotated}, PodTokens, nobody, nil, "", ""},
		"no ServiceAccount, optional (P50)":    {withTokens("p", notRequired), &cluster{annotations: annotated}, PodTokens, nobody, []string{"u:p"}, "", ""},
		"required annotation missing (P51)":    {withTokens("p", nil), &cluster{annotations: map[string]string{optional: "eu"}}, PodTokens, builder, nil, "", ""},
		"required annotation is empty":         {withTokens("p", nil), &cluster{annotations: map[string]string{required: ""}}, PodTokens, builder, []string{"u:p"}, "token-of-team/builder-0", ""},
		"ServiceAccount not to be had (P52)":   {withTokens("p", notRequired), &cluster{identify: hidden}, PodTokens, builder, []string{"failed: p"}, "", `may not read ServiceAccount "builder"`},
		"token not to be had (P52)":            {withTokens("p", notRequired), &cluster{token: hidden}, PodTokens, builder, []string{"failed: p"}, "", `may not read ServiceAccount "builder"`},
		"a template has no Pod (P69)":          {withTokens("p", nil), &cluster{annotations: annotated}, PodTokens, template, []string{"withheld: p"}, "", "there is no Pod yet"},
		"a template, pullgate's own":           {withTokens("p", nil), &cluster{annotations: annotated}, OwnTokens, template, []string{"u:p"}, "token-of-team/builder-0", ""},
		"nobody, pullgate's own":               {withTokens("p", nil), &cluster{annotations: annotated}, OwnTokens, nobody, []string{"u:p"}, "token-of-team/-0", ""},
		"a provider without, and no tokens":    {named("p", "*.io"), &cluster{identify: hidden}, NoTokens, builder, []string{"u:p"}, "", ""},
		"a provider without, and Pods' tokens": {named("p", "*.io"), &cluster{identify: hidden}, PodTokens, template, []string{"u:p"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			runner := always(says("Registry", "", "r.io", "u", "p"))
			s := tokenSet(runner, tc.mode, tc.accounts, tc.provider)
			if tc.mode == NoTokens {
				s = setOf(runner, tc.provider)
			}
			q := question("r.io/a")
			q.Tokens, q.Account = tc.mode, tc.of
			asked := s.Ask(t.Context(), q)
			a := asked.Wait(t.Context())
			a.want(t, name, tc.want...)
			if !asked.Covered() {
				t.Error("said to be nothing that a node asks a provider for")
			}
			var words []string
			for _, f := range a.Failed {
				words = append(words, f.Why)
			}
			for _, w := range a.Withheld {
				words = append(words, w.Why)
			}
			if got := strings.Join(words, "; "); !strings.Contains(got, tc.says) {
				t.Errorf("says %q, want %q in it", got, tc.says)
			}
			if len(runner.ran) == 0 {
				if len(a.Credentials) > 0 {
					t.Error("credentials without a run")
				}
				return
			}
			if r := request(t, runner.ran[0]); r.ServiceAccountToken != tc.token {
				t.Errorf("the plugin got %q, want %q", r.ServiceAccountToken, tc.token)
			}
		})
	}
}

// TestTokenRequest: a plugin gets the annotations that it names, and no others, and a
// token for the audience that it names.
func TestTokenRequest(t *testing.T) {
	runner := always(says("Registry", "", "r.io", "u", "p"))
	accounts := &cluster{annotations: annotated}
	s := tokenSet(runner, PodTokens, accounts, withTokens("p", nil))
	q := question("r.io/a").of(PodTokens, "team", "builder")
	s.Ask(t.Context(), q).Wait(t.Context()).want(t, "at first", "u:p")
	r := request(t, runner.ran[0])
	if len(r.ServiceAccountAnnotations) != 2 || r.ServiceAccountAnnotations[required] != "reader" || r.ServiceAccountAnnotations[optional] != "eu" {
		t.Errorf("the plugin got %v", r.ServiceAccountAnnotations)
	}
	if len(accounts.asked) != 1 || accounts.asked[0] != "audience" {
		t.Errorf("tokens for %q", accounts.asked)
	}
}

// TestCachedBySubject: whose answers are used for whom (P54, P55), and under what
// identity answers of registries are kept.
func TestCachedBySubject(t *testing.T) {
	const team, other = "team", "other"
	for name, tc := range map[string]struct {
		cacheType func(*kubeletv1.ServiceAccountTokenAttributes)
		between   func(*cluster) // the first Pod and the second
		namespace string
		account   string
		shared    bool
		same      bool // to registries
	}{
		"one ServiceAccount":             {nil, nil, team, "one", true, true},
		"another":                        {nil, nil, team, "two", false, false},
		"another namespace":              {nil, nil, other, "one", false, false},
		"made anew":                      {nil, func(c *cluster) { c.uid = "2" }, team, "one", false, false},
		"another annotation":             {nil, func(c *cluster) { c.annotations = map[string]string{required: "writer"} }, team, "one", false, false},
		"an annotation that is not used": {nil, func(c *cluster) { c.annotations = map[string]string{required: "reader", optional: "eu"} }, team, "one", true, true},
		"a renewed token":                {nil, (*cluster).renewToken, team, "one", true, true},
		"by token":                       {byToken, nil, team, "one", true, true},
		"by token, renewed":              {byToken, (*cluster).renewToken, team, "one", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			runner := always(says("Global", "", "r.io", "u", "p"))
			accounts := &cluster{annotations: annotated, uid: "1"}
			s := tokenSet(runner, PodTokens, accounts, withTokens("p", tc.cacheType))
			first := s.Ask(t.Context(), question("r.io/a").of(PodTokens, team, "one")).Wait(t.Context()).first(t)
			if tc.between != nil {
				tc.between(accounts)
			}
			second := s.Ask(t.Context(), question("r.io/a").of(PodTokens, tc.namespace, tc.account)).Wait(t.Context()).first(t)
			if shared := runner.runs() == 1; shared != tc.shared {
				t.Errorf("shared: %t, want %t", shared, tc.shared)
			}
			if same := first.ID() == second.ID(); same != tc.same {
				t.Errorf("the same to registries: %t, want %t", same, tc.same)
			}
			if accounts.made == 0 && len(accounts.asked) != 2 {
				t.Errorf("%d tokens asked for, want one for each Pod, cached or not", len(accounts.asked))
			}
		})
	}
}
