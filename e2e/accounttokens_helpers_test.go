package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/collector"
	"github.com/pullgate/pullgate/e2e/fakeprovider"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

const (
	// stsAudience is of tokens that every test may have, and refusedAudience of those
	// that testTokenPolicy has a policy against.
	stsAudience     = "sts.example.com"
	refusedAudience = "refused.example.com"
	// tokenPlugin takes a token.
	tokenPlugin = "token-credential-provider"
	// roleKey is the annotation that it wants to know.
	roleKey = "example.com/role"
)

// taking is a replica of its own whose plugin takes ServiceAccounts' tokens, and
// answers with the login of the private registry. It logs all that it can.
type taking struct {
	*pullgate.Server
	*webhookClient
	script string // file with what the plugin does
	log    string // of its runs
	flags  []string
	said   []string
}

// taker is how the replica is started.
type taker struct {
	config   string // credentialProviders of the configuration file
	audience string // stsAudience if empty
	byToken  bool   // whether the plugin's answers are kept by token
	flags    []string
}

func (s *suite) taking(t *testing.T, how taker) *taking {
	t.Helper()
	bin, dir := t.TempDir(), t.TempDir()
	if err := fakeprovider.Install(bin, s.binaries[build.FakeProvider], tokenPlugin); err != nil {
		t.Fatal(err)
	}
	k := &taking{script: filepath.Join(dir, "script.json"), log: filepath.Join(dir, "log")}
	k.answer(t, password)
	p := fakeprovider.Provider{
		Name: tokenPlugin, MatchImages: []string{privateHost}, Env: []string{fakeprovider.Variable + "=" + k.script},
		TokenAttributes: map[string]any{
			"serviceAccountTokenAudience": stsAudience, "requireServiceAccount": true, "cacheType": "ServiceAccount",
			"optionalServiceAccountAnnotationKeys": []string{roleKey},
		},
	}
	if how.audience != "" {
		p.TokenAttributes["serviceAccountTokenAudience"] = how.audience
	}
	if how.byToken {
		p.TokenAttributes["cacheType"] = "Token"
	}
	k.flags = (&site{bin: bin}).flags(t, p)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context())) // it is asked for its metrics at the end
	t.Cleanup(cancel)
	traces, err := collector.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	k.Server, err = pullgate.Start(ctx, s.cluster, pullgate.Options{
		Binary: s.binaries[build.Pullgate], CertsD: s.certsD, LogLevel: "debug", Config: takingConfig(how.config),
		Args: slices.Concat(k.flags, how.flags), Env: traces.Env(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		measured, err := metrics(ctx, k.Server)
		if err != nil {
			t.Error(err)
		}
		k.Stop()
		k.wantNoToken(t, map[string]string{"metrics": measured, "traces": traces.Received(), "answers": strings.Join(k.said, "\n")})
		if t.Failed() {
			t.Logf("the log of the replica ends:\n%s", k.Log())
		}
	})
	if k.webhookClient, err = s.webhookClient(t, k.Server); err != nil {
		t.Fatal(err)
	}
	return k
}

func takingConfig(credentialProviders string) string {
	return "limits: {lookupTimeout: 2m}\ncredentialProviders: {" + credentialProviders + "}\n"
}

// answer has the plugin answer with a password from now on.
func (k *taking) answer(t *testing.T, password string) {
	t.Helper()
	script := fakeprovider.Script{Log: k.log, Stdout: fakeprovider.Answer("Registry", "10m", map[string]fakeprovider.Login{
		privateHost: {Username: user, Password: password},
	})}
	if err := os.WriteFile(k.script, []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// requests are what the plugin was asked so far.
func (k *taking) requests(t *testing.T) (all []fakeprovider.Request) {
	t.Helper()
	runs, err := fakeprovider.Runs(k.log)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs {
		all = append(all, r.Request())
	}
	return all
}

// wantRuns requires how often the plugin has run, and returns the last request.
func (k *taking) wantRuns(t *testing.T, n int) (last fakeprovider.Request) {
	t.Helper()
	all := k.requests(t)
	if len(all) != n {
		t.Fatalf("the plugin has run %d times, want %d", len(all), n)
	}
	if n > 0 {
		last = all[n-1]
	}
	return last
}

// about asks about a Pod with an image and a ServiceAccount, and returns all that is
// said of it.
func (k *taking) about(t *testing.T, namespace, account, image string) (allowed bool, said []string) {
	t.Helper()
	return k.hear(k.ask(t, plantedReview(t, namespace, podOf(account, image))))
}

func (k *taking) hear(allowed bool, said []string) (bool, []string) {
	k.said = append(k.said, said...)
	return allowed, said
}

// podOf is a Pod as it comes to a webhook: with the name of its ServiceAccount.
func podOf(account, image string) *corev1.Pod {
	p := pod(image)
	p.Spec.ServiceAccountName = account
	return p
}

// wantVerified requires that nothing is said of a Pod.
func (k *taking) wantVerified(t *testing.T, namespace, account, image string) {
	t.Helper()
	if allowed, said := k.about(t, namespace, account, image); !allowed || len(said) > 0 {
		t.Errorf("ServiceAccount %s of %s: %v, %q", account, namespace, allowed, said)
	}
}

// wantUnverified requires a warning with all of the words.
func (k *taking) wantUnverified(t *testing.T, namespace, account, image string, words ...string) {
	t.Helper()
	allowed, said := k.about(t, namespace, account, image)
	if !allowed || len(said) != 1 || !containsAll(said[0], append(words, tokenPlugin, "not verified")) {
		t.Errorf("ServiceAccount %s of %s: %v, %q, want one with %q", account, namespace, allowed, said, words)
	}
}

// eventuallyVerified waits until the API server knows of the right to tokens of the
// ServiceAccount builder.
func (k *taking) eventuallyVerified(t *testing.T, namespace, image string) (before []string) {
	t.Helper()
	eventually(t, "the image of ServiceAccount builder", func(context.Context) error {
		allowed, said := k.about(t, namespace, "builder", image)
		if !allowed || len(said) > 0 {
			before = append(before, said...)
			return fmt.Errorf("%v, %q", allowed, said)
		}
		return nil
	})
	return before
}

// wantNoToken requires that no token that the plugin got is in anything that came out.
func (k *taking) wantNoToken(t *testing.T, out map[string]string) {
	t.Helper()
	out["log"] = wholeLog(t, k.Server)
	for what, text := range out {
		if len(text) < 100 && what != "answers" {
			t.Errorf("%q is all there is in the %s", text, what)
		}
	}
	for _, q := range k.requests(t) {
		parts := strings.Split(q.ServiceAccountToken, ".")
		if len(parts) != 3 {
			t.Errorf("the plugin was handed a token of %d parts", len(parts))
			continue
		}
		for _, part := range parts[1:] { // others have the same header
			for what, text := range out {
				if strings.Contains(text, part) {
					t.Errorf("a part of a token is in the %s", what)
				}
			}
		}
	}
}
