package e2e

import (
	"fmt"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A manifest names its ServiceAccount only: what that has is in the cluster.
func testCheckAccount(t *testing.T, s *suite) {
	push(t, s.private, "check/account", "v1")
	push(t, s.token, "acme/private", "check-account")
	ns := s.namespace(t, nil)
	s.rawSecret(t, ns, "pull", logins(t, user, password, privateHost, tokenHost))
	for name, secrets := range map[string][]corev1.LocalObjectReference{"puller": {{Name: "pull"}}, "nobody": nil} {
		_, err := s.cluster.Client().CoreV1().ServiceAccounts(ns).Create(t.Context(), &corev1.ServiceAccount{
			ObjectMeta: metav1.ObjectMeta{Name: name}, ImagePullSecrets: secrets,
		}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, image := range []string{privateHost + "/check/account:v1", tokenHost + "/acme/private:check-account"} {
		for account, want := range map[string]string{"puller": "Pullable", "nobody": "Unauthorized"} {
			t.Run(account+" of "+image, func(t *testing.T) {
				dir := t.TempDir()
				writeIn(t, dir, "pod.yaml", fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: %s}\n"+
					"spec: {serviceAccountName: %s, containers: [{name: c, image: %q}]}\n", ns, account, image))
				s.check(t, "-f", filepath.Join(dir, "pod.yaml"), "-o", "json").wantReason(t, want)
			})
		}
	}
}

// What a person is logged in to is enough, and what is refused is certain.
func testCheckDockerConfig(t *testing.T, s *suite) {
	push(t, s.private, "check/login", "v1")
	push(t, s.token, "acme/private", "check-login")
	dir := t.TempDir()
	for _, image := range []string{privateHost + "/check/login:v1", tokenHost + "/acme/private:check-login"} {
		for name, tc := range map[string]struct{ password, want string }{
			"right": {password, "Pullable"},
			"wrong": {"of-last-year", "Unauthorized"},
		} {
			t.Run(name+" for "+image, func(t *testing.T) {
				writeIn(t, dir, "login.json", logins(t, user, tc.password, privateHost, tokenHost))
				s.runCheck(t, checkRun{}, "--docker-config="+filepath.Join(dir, "login.json"), "-o", "json", image).wantReason(t, tc.want)
			})
		}
	}
}

// wantReason requires one image, with a reason, and the exit code that goes with
// it.
func (c checked) wantReason(t *testing.T, want string) {
	t.Helper()
	code := 1
	if want == "Pullable" {
		code = 0
	}
	c.wantCode(t, code)
	if r := c.report(t); len(r.Items) != 1 || r.Items[0].Reason != want {
		t.Errorf("%+v, want one image that is %s", r.Items, want)
	}
}
