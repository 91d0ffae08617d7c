package webhook

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/registry/registrytest"
	"github.com/pullgate/pullgate/webhook/workload"
)

// recordingSecrets notes the names that it was asked for.
type recordingSecrets struct{ names []string }

func (r *recordingSecrets) Read(_ context.Context, _ string, refs []corev1.LocalObjectReference, _ bool) ([]resolver.NamedSecret, bool) {
	r.names = append(r.names, secretNames(refs)...)
	return nil, false
}

type failingAccounts struct{}

func (failingAccounts) PullSecrets(context.Context, string, string, bool) ([]corev1.LocalObjectReference, bool, error) {
	return nil, false, errors.New("down")
}

// Only the Pods of a template are still to get their ServiceAccount's Secrets
// (C40 to C42).
func TestSecretsOfTheServiceAccount(t *testing.T) {
	own := []corev1.LocalObjectReference{{Name: "own"}}
	all := accounts{"default": {{Name: "of-default"}}, "ci": {{Name: "of-ci"}, {Name: "more"}}}
	for name, tc := range map[string]struct {
		template bool
		account  string
		secrets  []corev1.LocalObjectReference
		want     []string
	}{
		"Pod without":                {false, "", nil, nil},
		"Pod":                        {false, "", own, []string{"own"}},
		"template":                   {true, "", nil, []string{"of-default"}},
		"template, another account":  {true, "ci", nil, []string{"of-ci", "more"}},
		"template, unknown account":  {true, "nobody", nil, nil},
		"template with its own":      {true, "ci", own, []string{"own"}},
		"template, a nameless entry": {true, "ci", []corev1.LocalObjectReference{{}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			secrets := &recordingSecrets{}
			e := Examiner{Checker: verdict(resolver.Pullable), Secrets: secrets, Accounts: all, Nodes: nodeList{}}
			e.Examine(t.Context(), Subject{Namespace: "dev", Spec: workload.PodSpec{
				ServiceAccountName: tc.account, ImagePullSecrets: tc.secrets, Template: tc.template,
			}}, false)
			if diff := cmp.Diff(tc.want, secrets.names); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// podKeeper keeps the Pods that it is asked about.
type podKeeper struct {
	Checker
	pods []resolver.Pod
}

// Instant knows everything.
func (k *podKeeper) Instant(_ resolver.Image, pod resolver.Pod) (resolver.Verdict, bool) {
	k.pods = append(k.pods, pod)
	return resolver.Verdict{Reason: resolver.Pullable}, true
}

// Whose handler runs the Pod is part of the question.
func TestRuntimeClassOfThePod(t *testing.T) {
	k := &podKeeper{}
	e := Examiner{Checker: k, Secrets: &recordingSecrets{}, Accounts: accounts{}, Nodes: nodeList{}}
	images := []workload.Image{{Image: resolver.Image{Reference: "registry.test/a:1"}}}
	for _, class := range []*string{nil, new("wasmtime")} {
		e.Examine(t.Context(), Subject{Namespace: "dev", Spec: workload.PodSpec{RuntimeClassName: class}, Images: images}, false)
	}
	if len(k.pods) != 2 || k.pods[0].RuntimeClass != "" || k.pods[1].RuntimeClass != "wasmtime" {
		t.Errorf("asked about %+v", k.pods)
	}
}

// A ServiceAccount that cannot be read may name the Secret that is missing (C25).
func TestUnreadableServiceAccount(t *testing.T) {
	config := resolver.DefaultConfig()
	config.Limits.LookupTimeout.Duration = time.Hour // a slow machine is not what this is about
	config.Registries.ConfigDir, _ = registrytest.Serve(t, "registry.test", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", "Basic")
		w.WriteHeader(http.StatusUnauthorized)
	}))
	checker, err := resolver.New(config, "test")
	if err != nil {
		t.Fatal(err)
	}
	images := []workload.Image{{Image: resolver.Image{Reference: "registry.test/a:1"}}}
	for name, tc := range map[string]struct {
		template bool
		accounts AccountReader
		want     resolver.Reason
		says     string
	}{
		"template, unreadable": {true, failingAccounts{}, resolver.SecretUnreadable, `pullgate cannot read ServiceAccount "default" in namespace "dev"`},
		"template, readable":   {true, accounts{}, resolver.Unauthorized, `neither the Pod nor its ServiceAccount "default" names imagePullSecrets`},
		"Pod, unreadable":      {false, failingAccounts{}, resolver.Unauthorized, `neither the Pod nor its ServiceAccount names imagePullSecrets`},
	} {
		t.Run(name, func(t *testing.T) {
			e := Examiner{Checker: checker, Secrets: &recordingSecrets{}, Accounts: tc.accounts, Nodes: nodeList{}}
			spec := workload.PodSpec{Template: tc.template}
			findings, _ := e.Examine(t.Context(), Subject{Namespace: "dev", Spec: spec, Images: images}, false)
			if f := findings[0]; f.Reason != tc.want || !strings.Contains(f.Message, tc.says) {
				t.Errorf("%s %q, want %s %q", f.Reason, f.Message, tc.want, tc.says)
			}
		})
	}
}

func TestServiceAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := &counting{Reader: fake.NewClientBuilder().WithObjects(&corev1.ServiceAccount{
			ObjectMeta:       metav1.ObjectMeta{Namespace: "dev", Name: "ci"},
			ImagePullSecrets: []corev1.LocalObjectReference{{Name: "regcred"}},
		}).Build()}
		a := NewServiceAccounts(live)
		for n, tc := range []struct {
			account string
			anew    bool
			want    string
			cached  bool
			gets    int64
		}{
			{"ci", false, "regcred", false, 1},
			{"ci", false, "regcred", true, 1},
			{"ci", true, "regcred", false, 2},
			{"nobody", false, "", false, 3},
		} {
			refs, cached, err := a.PullSecrets(t.Context(), "dev", tc.account, tc.anew)
			if got := strings.Join(secretNames(refs), ","); err != nil || got != tc.want || cached != tc.cached || live.gets.Load() != tc.gets {
				t.Errorf("%d: %q, cached %t, %d gets, %v; want %+v", n, got, cached, live.gets.Load(), err, tc)
			}
		}
	})
}

// What of a ServiceAccount is too much to be kept ten thousand times is read each time.
func TestServiceAccountsKept(t *testing.T) {
	annotations := func(size int) map[string]string {
		return map[string]string{"role": strings.Repeat("x", size-len("role"))}
	}
	secrets := func(n int) []corev1.LocalObjectReference { return make([]corev1.LocalObjectReference, n) }
	for name, tc := range map[string]struct {
		annotations map[string]string
		secrets     []corev1.LocalObjectReference
		kept        bool
	}{
		"bare":             {nil, nil, true},
		"usual":            {annotations(300), secrets(2), true},
		"largest":          {annotations(maxAnnotations), secrets(maxPullSecrets), true},
		"many annotations": {annotations(maxAnnotations + 1), nil, false},
		"many Secrets":     {nil, secrets(maxPullSecrets + 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			live := &counting{Reader: fake.NewClientBuilder().WithObjects(&corev1.ServiceAccount{
				ObjectMeta:       metav1.ObjectMeta{Namespace: "dev", Name: "ci", UID: "7", Annotations: tc.annotations},
				ImagePullSecrets: tc.secrets,
			}).Build()}
			a := NewServiceAccounts(live)
			want := ServiceAccount{UID: "7", Annotations: tc.annotations, PullSecrets: tc.secrets}
			for _, again := range []bool{false, true} {
				got, cached, err := a.Get(t.Context(), "dev", "ci", false)
				if diff := cmp.Diff(want, got); diff != "" || err != nil || cached != (again && tc.kept) {
					t.Errorf("cached %t, %v, (-want +got):\n%s", cached, err, diff)
				}
			}
			before := live.gets.Load()
			a.Forget("dev", "ci")
			if _, cached, err := a.Get(t.Context(), "dev", "ci", false); err != nil || cached || live.gets.Load() != before+1 {
				t.Errorf("once it is forgotten: cached %t, %d gets, %v", cached, live.gets.Load()-before, err)
			}
		})
	}
}

// agedChecker is one whose verdicts rest on a ServiceAccount out of a cache, unless
// told not to.
type agedChecker struct{ Checker }

// Instant knows nothing.
func (agedChecker) Instant(resolver.Image, resolver.Pod) (v resolver.Verdict, known bool) {
	return v, false
}

// Check judges by what it is told.
func (agedChecker) Check(_ context.Context, image resolver.Image, pod resolver.Pod) resolver.Verdict {
	return resolver.Verdict{Image: image.Reference, Cached: image.Reference == "tokens" && !pod.Account.Anew}
}

// A verdict on any image may rest on what was read of the ServiceAccount for a
// credential provider.
func TestCachedServiceAccount(t *testing.T) {
	for name, tc := range map[string]struct {
		images       []string
		anew, cached bool
	}{
		"without tokens": {[]string{"other", "another"}, false, false},
		"with tokens":    {[]string{"other", "tokens"}, false, true},
		"anew":           {[]string{"other", "tokens"}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			var images []workload.Image
			for _, i := range tc.images {
				images = append(images, workload.Image{Image: resolver.Image{Reference: i}})
			}
			e := Examiner{Checker: agedChecker{}, Secrets: &recordingSecrets{}, Accounts: accounts{}, Nodes: nodeList{}}
			if _, cached := e.Examine(t.Context(), Subject{Namespace: "dev", Images: images}, tc.anew); cached != tc.cached {
				t.Errorf("cached %t, want %t", cached, tc.cached)
			}
		})
	}
}
