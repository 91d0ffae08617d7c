package check

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/webhook"
)

func key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: "team", Name: name}
}

func secretNamed(name string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

// clusterWith is a cluster of which all is known already.
func clusterWith(secrets map[string]error, accounts map[string]error) *cluster {
	c := &cluster{}
	for name, err := range secrets {
		_, _ = c.secrets.get(key(name), func() (*corev1.Secret, error) { return secretNamed(name), err })
	}
	for name, err := range accounts {
		_, _ = c.accounts.get(key(name), func() (*corev1.ServiceAccount, error) {
			return &corev1.ServiceAccount{ImagePullSecrets: []corev1.LocalObjectReference{{Name: "of-" + name}}}, err
		})
	}
	return c
}

func TestManifestsWinOverTheCluster(t *testing.T) {
	resource := schema.GroupResource{Resource: "secrets"}
	forbidden := apierrors.NewForbidden(resource, "hidden", errors.New("no"))
	s := &sources{
		secrets: map[types.NamespacedName]*corev1.Secret{key("both"): secretNamed("both")},
		accounts: map[types.NamespacedName]*corev1.ServiceAccount{
			key("both"):    {ImagePullSecrets: []corev1.LocalObjectReference{{Name: "a"}, {Name: "b"}}},
			key("emptied"): {ImagePullSecrets: []corev1.LocalObjectReference{}},
			// Without the field they are what they are in the cluster.
			key("bare"): {}, key("bare-new"): {}, key("bare-hidden"): {},
		},
		cluster: clusterWith(
			map[string]error{"both": errors.New("asked"), "live": nil, "none": apierrors.NewNotFound(resource, "none"), "hidden": forbidden},
			map[string]error{
				"both": errors.New("asked"), "live": nil, "none": apierrors.NewNotFound(resource, "none"), "hidden": forbidden,
				"emptied": errors.New("asked"), "bare": nil, "bare-new": apierrors.NewNotFound(resource, "bare-new"), "bare-hidden": forbidden,
			}),
	}
	var refs []corev1.LocalObjectReference
	for _, name := range []string{"both", "live", "none", "hidden", ""} {
		refs = append(refs, corev1.LocalObjectReference{Name: name})
	}
	named, _ := s.Read(t.Context(), "team", refs, true)
	if named[0].Secret == nil || named[1].Err != nil || !apierrors.IsNotFound(named[2].Err) || !apierrors.IsForbidden(named[3].Err) || named[4].Err != nil {
		t.Errorf("%+v", named)
	}
	for account, want := range map[string]int{"both": 2, "live": 1, "none": 0, "emptied": 0, "bare": 1, "bare-new": 0} {
		if refs, _, err := s.PullSecrets(t.Context(), "team", account, true); err != nil || len(refs) != want {
			t.Errorf("ServiceAccount %s: %v, %v", account, refs, err)
		}
		if s.assumed("team", account) {
			t.Errorf("ServiceAccount %s is assumed", account)
		}
	}
	for _, account := range []string{"hidden", "bare-hidden"} {
		if _, _, err := s.PullSecrets(t.Context(), "team", account, true); !apierrors.IsForbidden(err) {
			t.Errorf("a forbidden ServiceAccount %s: %v", account, err)
		}
	}
	tg := targetFor("r.io/a")
	tg.spec.ImagePullSecrets = refs
	if err := s.whyUnread(tg); !apierrors.IsForbidden(err) {
		t.Errorf("why: %v", err)
	}
}

func TestForbiddenIsSaid(t *testing.T) {
	s := &sources{cluster: &cluster{}}
	s.note(secretKey("team", "pull"), errors.New(`secrets "pull" is forbidden: User "eve" cannot get it`))
	tg := targetFor("r.io/a")
	tg.spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "pull"}}
	v := examination{sources: s}.explain(tg, resolver.Verdict{Reason: resolver.SecretUnreadable, Message: "cannot read it"})
	if want := `cannot read it: secrets "pull" is forbidden: User "eve" cannot get it`; v.Message != want {
		t.Errorf("%q, want %q", v.Message, want)
	}
}

// A thousand images that share a Secret ask for it once.
func TestMemo(t *testing.T) {
	var m memo[int]
	reads := 0
	for range 10 {
		if got, err := m.get(key("a"), func() (int, error) { reads++; return 7, http.ErrAbortHandler }); got != 7 || err == nil {
			t.Errorf("%d, %v", got, err)
		}
	}
	if reads != 1 {
		t.Errorf("%d reads", reads)
	}
}

// Of a Pod that runs, its node and what it was debugged with are forgotten, and
// finished ones are passed over.
func TestOfPod(t *testing.T) {
	pod := &corev1.Pod{Spec: corev1.PodSpec{
		NodeName: "node-1", ImagePullSecrets: []corev1.LocalObjectReference{{Name: "pull"}}, Containers: []corev1.Container{{Image: "r.io/a:v1"}},
		EphemeralContainers: []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Image: "r.io/debug:v1"}}},
	}}
	pod.Namespace, pod.Name = "team", "p"
	targets := ofPod(webhook.DefaultConfig(), pod)
	if len(targets) != 1 || targets[0].spec.NodeName != "" || targets[0].spec.Template || len(targets[0].spec.ImagePullSecrets) != 1 {
		t.Errorf("%+v", targets)
	}
	pod.Status.Phase = corev1.PodFailed
	if targets := ofPod(webhook.DefaultConfig(), pod); len(targets) != 0 {
		t.Errorf("a finished Pod: %+v", targets)
	}
}

func TestLogin(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("docker-credential-test", `#!/bin/sh
read host
case "$host" in
https://index.docker.io/v1/) echo '{"Username":"hub","Secret":"hub-pass"}' ;;
helped.io) echo '{"Username":"helped","Secret":"helped-pass"}' ;;
token.io) echo '{"Username":"<token>","Secret":"refresh"}' ;;
none.io) echo 'credentials not found in native keychain'; exit 1 ;;
*) echo 'the keychain is locked'; exit 1 ;;
esac
`, 0o700)
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("DOCKER_CONFIG", dir)
	path := write("config.json", `{"auths":{"plain.io":{"auth":"dTpw"},"empty.io":{}},
"credHelpers":{"https://index.docker.io/v1/":"test","helped.io":"test","token.io":"test","none.io":"test","locked.io":"test"}}`, 0o600)
	for _, path := range []string{path, dir} {
		var warnings []string
		named, err := readLogin(path, []string{"docker.io", "helped.io", "token.io", "none.io", "plain.io"}, func(w string) { warnings = append(warnings, w) })
		if err != nil || len(named) != 1 {
			t.Fatalf("%v, %+v", err, named)
		}
		ring, err := keyring.Join([]*keyring.Secret{named[0].Secret})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"helped.io", "index.docker.io", "plain.io"}, ring.Covers(loginSecret)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		for repository, want := range map[string]string{"helped.io/a": "helped:helped-pass", "docker.io/library/nginx": "hub:hub-pass", "plain.io/a": "u:p"} {
			if got := ring.Lookup(repository); len(got) != 1 || got[0].Username+":"+got[0].Password != want {
				t.Errorf("%s: %v, want %s", repository, got, want)
			}
		}
		if len(warnings) != 1 || !strings.Contains(warnings[0], "the login for token.io is a token") {
			t.Errorf("warnings %q", warnings)
		}
	}
	// What a helper that failed knows, nobody knows: nothing is definite then.
	named, err := readLogin(path, []string{"locked.io"}, func(string) {})
	if err != nil || len(named) != 2 || named[1].Err == nil {
		t.Errorf("%v, %+v", err, named)
	}
	broken := write("broken.json", `{"auths":{"a.io":{"auth":"c2VjcmV0"}}}`, 0o600)
	if _, err := readLogin(broken, nil, func(string) {}); err == nil || strings.Contains(err.Error(), "c2Vj") {
		t.Errorf("%v", err)
	}
}
