package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/pullgate/pullgate/e2e/fakeprovider"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

// What the policy lets pullgate have, and how pullgate words that it has no more (P59).
func testTokenPolicy(t *testing.T, s *suite) {
	push(t, s.private, "acme/tokens-policy", "v1")
	ns := s.namespace(t, nil)
	s.serviceAccount(t, ns, "builder", "")
	s.mayHaveTokens(t, ns, "builder")
	s.pullSecret(t, ns, "pull", privateHost, user, password)
	as := s.asPullgate(t)
	const bySpec = "ValidatingAdmissionPolicy 'pullgate-tokens' with binding 'pullgate-tokens' denied request: pullgate may "
	ten, hour := int64(600), int64(3600)
	bound := &authenticationv1.BoundObjectReference{Kind: "Secret", APIVersion: "v1", Name: "pull"}
	request := func(spec authenticationv1.TokenRequestSpec) error {
		_, err := as.CoreV1().ServiceAccounts(ns).CreateToken(t.Context(), "builder", &authenticationv1.TokenRequest{Spec: spec}, metav1.CreateOptions{})
		return err
	}
	eventually(t, "the policy", func(context.Context) error {
		err := request(authenticationv1.TokenRequestSpec{Audiences: []string{refusedAudience}, ExpirationSeconds: &ten})
		if err == nil || !strings.Contains(err.Error(), "ValidatingAdmissionPolicy") {
			return fmt.Errorf("a token for another audience: %w", err)
		}
		return nil
	})
	for name, tc := range map[string]struct {
		spec authenticationv1.TokenRequestSpec
		want string
	}{
		"as it should be": {authenticationv1.TokenRequestSpec{Audiences: []string{stsAudience}, ExpirationSeconds: &ten}, ""},
		"no audience":     {authenticationv1.TokenRequestSpec{ExpirationSeconds: &ten}, bySpec + "ask for tokens with one audience"},
		"another one":     {authenticationv1.TokenRequestSpec{Audiences: []string{refusedAudience}, ExpirationSeconds: &ten}, bySpec + "ask for tokens with one audience"},
		"one more":        {authenticationv1.TokenRequestSpec{Audiences: []string{stsAudience, "https://kubernetes.default.svc"}, ExpirationSeconds: &ten}, bySpec + "ask for tokens with one audience"},
		"an hour":         {authenticationv1.TokenRequestSpec{Audiences: []string{stsAudience}, ExpirationSeconds: &hour}, bySpec + "ask for tokens that hold for at most 600 seconds"},
		"no time":         {authenticationv1.TokenRequestSpec{Audiences: []string{stsAudience}}, bySpec + "ask for tokens that hold for at most 600 seconds"},
		"bound":           {authenticationv1.TokenRequestSpec{Audiences: []string{stsAudience}, ExpirationSeconds: &ten, BoundObjectRef: bound}, bySpec + "not ask for tokens that are bound to an object"},
	} {
		err := request(tc.spec)
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}

	s.wantWellTyped(t, "pullgate-tokens")

	image := privateHost + "/acme/tokens-policy:v1"
	refused := s.taking(t, taker{config: "tokens: pod", audience: refusedAudience})
	refused.wantUnverified(t, ns, "builder", image, `ValidatingAdmissionPolicy "pullgate-tokens" refuses a token for "`+refusedAudience+`": pullgate may `)
	if log := wholeLog(t, refused.Server); !strings.Contains(log, `: pullgate may ask for tokens with one audience, of these: `+stsAudience+`; nodes may`) {
		t.Errorf("the log does not say what the policy does: %s", log)
	}
	refused.wantRuns(t, 0)
	k := s.taking(t, taker{config: "tokens: pod"})
	k.wantVerified(t, ns, "builder", image)
	s.wantTokenOf(t, k.wantRuns(t, 1).ServiceAccountToken, ns)
}

// wantWellTyped requires that the API server has nothing against a policy's expressions.
func (s *suite) wantWellTyped(t *testing.T, name string) {
	t.Helper()
	eventually(t, "the type check of the policy", func(ctx context.Context) error {
		policy, err := s.cluster.Client().AdmissionregistrationV1().ValidatingAdmissionPolicies().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if policy.Status.TypeChecking == nil {
			return errors.New("it was not checked")
		}
		for _, w := range policy.Status.TypeChecking.ExpressionWarnings {
			t.Errorf("%s: %s", w.FieldRef, w.Warning)
		}
		return nil
	})
}

// asPullgate is a client with the rights of pullgate.
func (s *suite) asPullgate(t *testing.T) kubernetes.Interface {
	t.Helper()
	file, err := s.cluster.ServiceAccountKubeconfig(t.Context(), pullgate.Namespace, pullgate.ServiceAccount)
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", file)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Without tokens such a plugin is not run (P53), until the configuration says so; and
// `pullgate check` has none.
func testNoTokens(t *testing.T, s *suite) {
	push(t, s.private, "acme/tokens-none", "v1")
	image := privateHost + "/acme/tokens-none:v1"
	k := s.taking(t, taker{config: "timeout: 31s"})
	ns := s.namespace(t, nil)
	s.serviceAccount(t, ns, "builder", "")
	s.mayHaveTokens(t, ns, "builder")
	k.wantUnverified(t, ns, "builder", image, "it takes tokens of ServiceAccounts, and pullgate asks for none: credentialProviders.tokens says so")
	k.wantRuns(t, 0)
	if log := wholeLog(t, k.Server); strings.Contains(log, "credentialProviders.tokens is") {
		t.Errorf("the log warns: %s", log)
	}
	for n, step := range []struct{ config, words string }{
		{"tokens: own", "it runs without --image-credential-token-dir"},
		{"tokens: pod", ""},
	} {
		if err := k.Configure(takingConfig(step.config)); err != nil {
			t.Fatal(err)
		}
		eventually(t, step.config, func(ctx context.Context) error { return reloaded(ctx, k.Server, n+1, 0, 1) })
		if step.words == "" {
			k.eventuallyVerified(t, ns, image)
			continue
		}
		k.wantUnverified(t, ns, "builder", image, step.words)
		if log := wholeLog(t, k.Server); !strings.Contains(log, step.words) {
			t.Errorf("the log says nothing of it: %s", log)
		}
	}
	s.wantTokenOf(t, k.wantRuns(t, 1).ServiceAccountToken, ns)

	item := s.checkImages(t, &site{certsD: s.certsD}, checkRun{config: takingConfig("tokens: pod")}, k.flags, image)[image]
	if item.Reason != "NodeManaged" || !strings.Contains(item.Message, "it takes tokens of ServiceAccounts, which only the webhook can get") {
		t.Errorf("check: %s: %s", item.Reason, item.Message)
	}
	k.wantRuns(t, 1)
}

// What does no good is told at the start, and a token for the API server itself is not
// even asked for.
func testUselessTokens(t *testing.T, s *suite) {
	push(t, s.private, "acme/tokens-useless", "v1")
	ns := s.namespace(t, nil)
	s.serviceAccount(t, ns, "builder", "")
	const issuer = "https://kubernetes.default.svc"
	k := s.taking(t, taker{config: "tokens: pod", audience: issuer})
	itself := `it asks for tokens for the API server itself ("` + issuer + `")`
	k.wantUnverified(t, ns, "builder", privateHost+"/acme/tokens-useless:v1", itself)
	k.wantRuns(t, 0)
	c := s.newSite(t)
	nobody, _ := s.providing(t, c, "credentialProviders: {tokens: own}\n", c.flags(t, fakeprovider.Provider{Name: harborPlugin, MatchImages: []string{harborHost}}))
	for words, server := range map[string]*pullgate.Server{
		"will fail: it asks for tokens for the API server itself":         k.Server,
		"no credential provider has tokenAttributes: nobody gets a token": nobody,
	} {
		if log := wholeLog(t, server); strings.Count(log, words) != 1 {
			t.Errorf("the log warns %d times of %q: %s", strings.Count(log, words), words, log)
		}
	}
	for flags, words := range map[string]string{
		"--image-credential-token-dir=" + t.TempDir():                        "--image-credential-token-dir needs --image-credential-provider-config",
		"--image-credential-token-dir=" + filepath.Join(t.TempDir(), "none"): "none: no such file",
	} {
		args := []string{flags}
		if strings.HasSuffix(flags, "none") {
			args = append(args, k.flags...)
		}
		config := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(config, []byte("apiVersion: pullgate.dev/v1alpha1\nkind: Configuration\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if out := s.webhookRefuses(t, append(args, "--config", config)...); !strings.Contains(out, words) {
			t.Errorf("%s: %s, want %q", flags, out, words)
		}
	}
}
