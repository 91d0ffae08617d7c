package provider

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestTokenAsPassword: a plugin that hands the token back must say so by its cacheType
// (P56).
func TestTokenAsPassword(t *testing.T) {
	echo := func(_ context.Context, _ int, c Command) (Output, error) {
		var token string
		if _, rest, ok := strings.Cut(string(c.Stdin), `"serviceAccountToken":"`); ok {
			token, _, _ = strings.Cut(rest, `"`)
		}
		return says("Registry", "", "r.io", "u", token, "*.io", token, "p"), nil
	}
	const token = "token-of-team/one-0"
	for name, tc := range map[string]struct {
		provider Provider
		account  string
		want     []string
	}{
		"by ServiceAccount":              {withTokens("p", nil), "one", []string{"failed: p"}},
		"by token":                       {withTokens("p", byToken), "one", []string{"u:" + token, token + ":p"}},
		"without one, an empty password": {withTokens("p", notRequired), "", []string{"u:", ":p"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := tokenSet(&scripted{do: echo}, PodTokens, &cluster{annotations: annotated}, tc.provider)
			a := s.Ask(t.Context(), question("r.io/a").of(PodTokens, "team", tc.account)).Wait(t.Context())
			a.want(t, name, tc.want...)
			for _, f := range a.Failed {
				if !strings.Contains(f.Why, "cacheType Token") || strings.Contains(f.Why, token) {
					t.Errorf("says %q", f.Why)
				}
			}
		})
	}
}

// TestMixed: providers with and without tokenAttributes, in the order of keys (P57).
func TestMixed(t *testing.T) {
	runner := &scripted{do: func(_ context.Context, _ int, c Command) (Output, error) {
		if c.Path == "/plugins/with" {
			return says("Registry", "", "r.io", "with", "p"), nil
		}
		return says("Registry", "", "r.io/a", "without", "p"), nil
	}}
	s := tokenSet(runner, PodTokens, &cluster{annotations: annotated}, withTokens("with", nil), named("without", "r.io"))
	q := question("r.io/a")
	s.Ask(t.Context(), q.of(PodTokens, "team", "one")).Wait(t.Context()).want(t, "both", "without:p", "with:p")
	s.Ask(t.Context(), q.of(NoTokens, "team", "one")).Wait(t.Context()).want(t, "no tokens", "without:p", "withheld: with")
	s.Ask(t.Context(), q.of(PodTokens, "team", "")).Wait(t.Context()).want(t, "no ServiceAccount", "without:p")
}

// TestTokenNotKept: what is not to be kept, and is somebody's, is not.
func TestTokenNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := slowly(time.Second, says("Registry", "0s", "r.io", "u", "p"))
		s := tokenSet(runner, PodTokens, &cluster{annotations: annotated}, withTokens("p", nil))
		q := question("r.io/a").of(PodTokens, "team", "one")
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { s.Ask(t.Context(), q).Wait(t.Context()).want(t, "together", "u:p") })
		}
		wg.Wait()
		runner.wantRuns(t, "together", 1)
		s.Ask(t.Context(), q).Wait(t.Context()).want(t, "later", "u:p")
		runner.wantRuns(t, "later", 2)
	})
}

// TestTokensSlow: a token that does not come takes no more time than there is to wait.
func TestTokensSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := always(says("Registry", "", "r.io", "u", "p"))
		s := tokenSet(runner, PodTokens, &cluster{annotations: annotated, wait: time.Minute}, withTokens("p", nil), named("quick", "r.io"))
		asking, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		asked := s.Ask(asking, question("r.io/a").of(PodTokens, "team", "one"))
		waiting, stop := context.WithTimeout(asking, 4*time.Second)
		defer stop()
		var a Answer
		if waited := took(func() { a = asked.Wait(waiting) }); waited != 4*time.Second {
			t.Errorf("waited %s, want 4 s", waited)
		}
		a.want(t, "slow", "u:p", "failed: p")
		a.wantWhy(t, "slow", "token did not come in time")
	})
}

// panicking are Accounts with a defect.
type panicking struct{ cluster }

// Identify panics.
func (*panicking) Identify(context.Context, Account) (Identity, error) { panic("as scripted") }

// TestTokensPanic: a defect where tokens come from is no end of the process.
func TestTokensPanic(t *testing.T) {
	s := tokenSet(always(Output{}), PodTokens, &panicking{}, withTokens("p", nil))
	s.Ask(t.Context(), question("r.io/a").of(PodTokens, "team", "one")).Wait(t.Context()).wantWhy(t, "panic", "pullgate failed internally")
}
