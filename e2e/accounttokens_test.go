package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/fakeprovider"
)

// Tokens of Pods' ServiceAccounts, of those that a Role names and of no other (P54,
// P58).
func testPodTokens(t *testing.T, s *suite) {
	push(t, s.private, "acme/tokens", "v1")
	push(t, s.private, "acme/tokens-two", "v1")
	image, second := privateHost+"/acme/tokens:v1", privateHost+"/acme/tokens-two:v1"
	k := s.taking(t, taker{config: "tokens: pod"})
	one, other := s.namespace(t, nil), s.namespace(t, nil)
	s.serviceAccount(t, one, "builder", "of-one")
	s.serviceAccount(t, one, "deployer", "")
	s.serviceAccount(t, other, "builder", "of-other")
	noRight := func(namespace, account string) {
		t.Helper()
		k.wantUnverified(t, namespace, account, image, `pullgate may not create serviceaccounts/token, resourceNames ["`+account+`"], in namespace "`+namespace+`"`)
		if log := wholeLog(t, k.Server); !strings.Contains(log, `in namespace \"`+namespace+`\": see credentialProviders.tokens.serviceAccounts of the chart; nodes may`) {
			t.Errorf("the log does not say what to do: %s", log)
		}
	}
	noRight(one, "builder")
	k.wantRuns(t, 0)

	s.mayHaveTokens(t, one, "builder")
	k.eventuallyVerified(t, one, image)
	first := k.wantRuns(t, 1)
	s.wantTokenOf(t, first.ServiceAccountToken, one)
	if diff := cmp.Diff(map[string]string{roleKey: "of-one"}, first.ServiceAccountAnnotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	k.wantVerified(t, one, "builder", image)
	k.wantVerified(t, one, "builder", second)
	k.wantRuns(t, 1) // one ServiceAccount, one registry

	noRight(one, "deployer")
	noRight(other, "builder")
	k.wantRuns(t, 1)
	s.mayHaveTokens(t, other, "builder")
	k.eventuallyVerified(t, other, image)
	s.wantTokenOf(t, k.wantRuns(t, 2).ServiceAccountToken, other)

	// A Secret of the Pod's own comes first, whatever becomes of the token.
	s.pullSecret(t, one, "pull", privateHost, user, password)
	p := withSecrets(podOf("deployer", image), "pull")
	if allowed, said := k.hear(k.ask(t, plantedReview(t, one, p))); !allowed || len(said) > 0 {
		t.Errorf("with a Secret: %v, %q", allowed, said)
	}
}

// A Pod that is only tried gets a token all the same, for an API server gives none that
// is only tried (P61). A workload's Pods are not there yet (P69).
func testTokensWithoutPod(t *testing.T, s *suite) {
	push(t, s.private, "acme/tokens-tried", "v1")
	image := privateHost + "/acme/tokens-tried:v1"
	k := s.taking(t, taker{config: "tokens: pod"})
	ns := s.namespace(t, nil)
	s.serviceAccount(t, ns, "builder", "")
	s.mayHaveTokens(t, ns, "builder")

	allowed, said := k.hear(k.ask(t, deploymentReview(t, ns, "builder", image)))
	if !allowed || len(said) != 1 || !containsAll(said[0], []string{tokenPlugin, "there is no Pod yet", "not verified"}) {
		t.Errorf("a Deployment: %v, %q", allowed, said)
	}
	k.wantRuns(t, 0)

	tried := strings.Replace(plantedReview(t, ns, podOf("builder", image)), `"operation":"CREATE"`, `"operation":"CREATE","dryRun":true`, 1)
	eventually(t, "a dry run", func(context.Context) error {
		if allowed, said := k.hear(k.ask(t, tried)); !allowed || len(said) > 0 {
			return fmt.Errorf("%v, %q", allowed, said)
		}
		return nil
	})
	s.wantTokenOf(t, k.wantRuns(t, 1).ServiceAccountToken, ns)
}

// Before it denies a Pod for what a token's role may not, pullgate reads the
// ServiceAccount anew: its user may just have mended the annotation (P54).
func testTokensMended(t *testing.T, s *suite) {
	push(t, s.private, "acme/tokens-mended", "v1")
	image := privateHost + "/acme/tokens-mended:v1"
	k := s.taking(t, taker{config: "tokens: pod, identity: node"})
	k.answer(t, "of-the-wrong-role")
	ns := s.namespace(t, nil)
	account := s.serviceAccount(t, ns, "builder", "wrong")
	s.mayHaveTokens(t, ns, "builder")
	denied := func(context.Context) error {
		allowed, said := k.about(t, ns, "builder", image)
		if allowed || len(said) != 1 || !containsAll(said[0], []string{"refuses the credentials of", tokenPlugin}) {
			return fmt.Errorf("%v, %q", allowed, said)
		}
		return nil
	}
	eventually(t, "the denial", denied)
	// The plugin is run again for a password that was refused, once in a while (P37).
	if err := denied(t.Context()); err != nil {
		t.Error(err)
	}
	k.wantRuns(t, 2)
	k.answer(t, password)
	account.Annotations[roleKey] = "right"
	if _, err := s.cluster.Client().CoreV1().ServiceAccounts(ns).Update(t.Context(), account, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	k.wantVerified(t, ns, "builder", image)
	if last := k.wantRuns(t, 3).ServiceAccountAnnotations; last[roleKey] != "right" {
		t.Errorf("the plugin was last asked with %v", last)
	}
}

// A ServiceAccount that is made anew while it is known is another one.
func testTokensMadeAnew(t *testing.T, s *suite) {
	push(t, s.private, "acme/tokens-anew", "v1")
	image := privateHost + "/acme/tokens-anew:v1"
	k := s.taking(t, taker{config: "tokens: pod"})
	ns := s.namespace(t, nil)
	s.serviceAccount(t, ns, "builder", "")
	accounts := s.cluster.Client().CoreV1().ServiceAccounts(ns)
	known := time.Now()
	k.wantUnverified(t, ns, "builder", image, "may not create")
	if err := accounts.Delete(t.Context(), "builder", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	s.serviceAccount(t, ns, "builder", "")
	s.mayHaveTokens(t, ns, "builder")
	before := k.eventuallyVerified(t, ns, image)
	said := func(words string) (n int) {
		for _, b := range before {
			if strings.Contains(b, words) {
				n++
			}
		}
		return n
	}
	// It is forgotten at once, and this is said once; or not at all, where the machine is
	// so slow that it was forgotten by itself.
	anew := said(`ServiceAccount "` + ns + `/builder" was made anew a moment ago: try again`)
	if slow := time.Since(known) > 20*time.Second; anew > 1 || anew == 0 && !slow || anew+said("may not create") != len(before) {
		t.Errorf("said %q", before)
	}
	s.wantTokenOf(t, k.wantRuns(t, 1).ServiceAccountToken, ns)
}

// Tokens of pullgate's own ServiceAccount, whoever's the Pod is, and for workloads as
// well.
func testOwnTokens(t *testing.T, s *suite) {
	push(t, s.private, "acme/tokens-own", "v1")
	image := privateHost + "/acme/tokens-own:v1"
	dir := t.TempDir()
	writeIn(t, dir, "token-0", s.ownToken(t, "another.example.com"))
	k := s.taking(t, taker{config: "tokens: own", byToken: true, flags: []string{"--image-credential-token-dir", dir}})
	ns := s.namespace(t, nil)
	missing := []string{`pullgate has no token of its own for "` + stsAudience + `"`, "mount one, a projected serviceAccountToken"}
	k.wantUnverified(t, ns, "default", image, missing...)
	if log := wholeLog(t, k.Server); !containsAll(log, []string{"providers for", stsAudience, "will fail", "no token of its own for"}) {
		t.Errorf("the log does not say what is missing: %s", log)
	}
	var last string
	for n := range 2 { // as a kubelet renews it
		time.Sleep(time.Second) // tokens of one second are equal
		token := s.ownToken(t, stsAudience)
		writeIn(t, dir, "token-1", token+"\n")
		k.wantVerified(t, ns, "default", image)
		q := k.wantRuns(t, n+1)
		if q.ServiceAccountToken != token || token == last {
			t.Error("the plugin got another token")
		}
		last = token
	}
	if allowed, said := k.hear(k.ask(t, deploymentReview(t, ns, "nobody", image))); !allowed || len(said) > 0 {
		t.Errorf("a Deployment: %v, %q", allowed, said)
	}
	k.wantRuns(t, 2)
	if slices.ContainsFunc(k.requests(t), func(q fakeprovider.Request) bool { return len(q.ServiceAccountAnnotations) > 0 }) {
		t.Error("pullgate's ServiceAccount has annotations")
	}
}
