package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

func (s *suite) serviceAccount(t *testing.T, namespace, name, role string) *corev1.ServiceAccount {
	t.Helper()
	account, err := s.cluster.Client().CoreV1().ServiceAccounts(namespace).Create(t.Context(), &corev1.ServiceAccount{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{roleKey: role, "example.com/other": "x"}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// mayHaveTokens gives pullgate the right to tokens of some ServiceAccounts for
// stsAudience, and no other, as the chart does.
func (s *suite) mayHaveTokens(t *testing.T, namespace string, accounts ...string) {
	t.Helper()
	manifest, err := tokensManifest(t, map[string][]string{namespace: accounts}, stsAudience)
	if err != nil {
		t.Fatal(err)
	}
	if _, stderr, err := s.cluster.Kubectl(t.Context(), manifest, "apply", "-f", "-"); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
}

// tokensManifest is what the chart makes of its values for tokens of Pods. There is no
// Helm in the tests without root; this template takes little of it.
func tokensManifest(t *testing.T, accounts map[string][]string, audiences ...string) (string, error) {
	t.Helper()
	root, err := build.Root(t.Context())
	if err != nil {
		return "", err
	}
	file := filepath.Join(root, "deploy", "chart", "pullgate", "templates", "tokens.yaml")
	content, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	values, err := json.Marshal(map[string]any{"tokens": map[string]any{"mode": "pod", "audiences": audiences, "serviceAccounts": accounts}})
	if err != nil {
		return "", err
	}
	parsed, err := template.New(filepath.Base(file)).Funcs(template.FuncMap{
		"include": func(name string, _ any) string {
			return map[string]string{"pullgate.fullname": pullgate.ServiceAccount, "pullgate.credentialProviders": string(values), "pullgate.labels": "app: pullgate"}[name]
		},
		"fromJson": func(text string) (v map[string]any, err error) { return v, json.Unmarshal([]byte(text), &v) },
		"toJson":   func(v any) (string, error) { text, err := json.Marshal(v); return string(text), err },
		"nindent":  func(n int, text string) string { return "\n" + strings.Repeat(" ", n) + text },
		"quote":    strconv.Quote,
		"join": func(separator string, of []any) string {
			return strings.Trim(strings.ReplaceAll(fmt.Sprint(of), " ", separator), "[]")
		},
	}).Parse(string(content))
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = parsed.Execute(&out, map[string]any{"Release": map[string]string{"Namespace": pullgate.Namespace}})
	return out.String(), err
}

// wantTokenOf requires that a token is of the ServiceAccount builder, for stsAudience, bound to
// nothing, and no good for the API server.
func (s *suite) wantTokenOf(t *testing.T, token, namespace string) {
	t.Helper()
	review := func(audiences ...string) authenticationv1.TokenReviewStatus {
		r, err := s.cluster.Client().AuthenticationV1().TokenReviews().Create(t.Context(), &authenticationv1.TokenReview{
			Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: audiences},
		}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return r.Status
	}
	r := review(stsAudience)
	if want := "system:serviceaccount:" + namespace + ":builder"; !r.Authenticated || r.User.Username != want {
		t.Errorf("the token is %q's, want %s: %s", r.User.Username, want, r.Error)
	}
	for key := range r.User.Extra {
		if strings.Contains(key, "pod-") || strings.Contains(key, "node-") {
			t.Errorf("the token has a claim %s", key)
		}
	}
	if review().Authenticated {
		t.Error("the token is good for the API server")
	}
}

// deploymentReview is what the API server would send of a Deployment.
func deploymentReview(t *testing.T, namespace, account, image string) string {
	t.Helper()
	object, err := json.Marshal(deployment(image, func(p *corev1.PodSpec) { p.ServiceAccountName = account }))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"7","operation":"CREATE",`+
		`"kind":{"group":"apps","version":"v1","kind":"Deployment"},"resource":{"group":"apps","version":"v1","resource":"deployments"},"namespace":%q,"object":%s}}`, namespace, object)
}
