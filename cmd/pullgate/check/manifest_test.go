package check

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pullgate/pullgate/cmd/pullgate/check/report"
	"github.com/pullgate/pullgate/webhook"
	"github.com/pullgate/pullgate/webhook/workload"
)

// found words what was found: line kind namespace/name field image.
func found(m *manifests) (list []string) {
	for _, t := range m.targets {
		for _, f := range t.item.Fields {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%d %s %s/%s %s %s %s", f.Line, t.item.Object.Kind, t.item.Object.Namespace,
				t.item.Object.Name, f.Path, t.item.Image, t.item.Reason)))
		}
	}
	return list
}

func TestObjects(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		want []string
	}{
		"Pod": {
			"apiVersion: v1\nkind: Pod\nmetadata: {generateName: p-, namespace: shop}\nspec:\n  initContainers:\n  - image: r.io/i:v1\n  containers:\n" +
				"  - name: c\n    image: r.io/a:v1\n  - name: d\n    image: r.io/a:v1\n  volumes:\n  - name: v\n    image: {reference: r.io/v:v1}\n",
			[]string{
				"14 Pod shop/p-* spec.volumes[0].image.reference r.io/v:v1",
				"6 Pod shop/p-* spec.initContainers[0].image r.io/i:v1",
				"9 Pod shop/p-* spec.containers[0].image r.io/a:v1",
				"11 Pod shop/p-* spec.containers[1].image r.io/a:v1",
			},
		},
		"CronJob of an old version": {
			"apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n          - image: r.io/a\n",
			[]string{"10 CronJob team/c spec.jobTemplate.spec.template.spec.containers[0].image r.io/a"},
		},
		"List": {
			"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: p}\n  spec:\n    containers:\n    - image: r.io/a:v1\n",
			[]string{"11 Pod team/p spec.containers[0].image r.io/a:v1"},
		},
		"PodList, whose items have no kind": {
			"apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: p}\n  spec: {containers: [{image: r.io/a:v1}]}\n",
			[]string{"5 Pod team/p spec.containers[0].image r.io/a:v1"},
		},
		"List in a List": {
			"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n  - apiVersion: v1\n    kind: Pod\n    spec: {containers: [{image: r.io/a:v1}]}\n",
			[]string{"9 Pod team/ spec.containers[0].image r.io/a:v1"},
		},
		"a kind that only sounds like a list": {"apiVersion: x.io/v1\nkind: AllowList\nspec: {}\n", nil},
		"empty List":                          {"apiVersion: v1\nkind: List\nitems: []\n", nil},
		"anchors": {
			"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nx: &c\n- image: r.io/a:v1\nspec:\n  containers: *c\n",
			[]string{"5 Pod team/p spec.containers[0].image r.io/a:v1"},
		},
		"a container without an image": {
			"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n",
			[]string{"6 Pod team/p spec.containers[0].image"},
		},
		"placeholder": {
			"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {spec: {containers: [{image: auto}]}}}\n",
			[]string{"4 Deployment team/d spec.template.spec.containers[0].image auto Placeholder"},
		},
		"finished, and made by a Deployment": {
			"apiVersion: v1\nkind: Pod\nstatus: {phase: Succeeded}\nspec: {containers: [{image: r.io/a}]}\n---\napiVersion: apps/v1\nkind: ReplicaSet\n" +
				"metadata: {ownerReferences: [{apiVersion: apps/v1, kind: Deployment, controller: true}]}\nspec: {template: {spec: {containers: [{image: r.io/a}]}}}\n",
			nil,
		},
		"ReplicationController without a template": {"apiVersion: v1\nkind: ReplicationController\nspec: {}\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := read(t, tc.in)
			if len(m.errs) > 0 {
				t.Error(m.errs)
			}
			if diff := cmp.Diff(tc.want, found(m)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSecretsAndAccounts(t *testing.T) {
	m := read(t, `apiVersion: v1
kind: Secret
metadata: {name: pull}
type: kubernetes.io/dockerconfigjson
data: {.dockerconfigjson: e30=}
stringData: {.dockerconfigjson: '{"auths":{}}'}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: ci, namespace: shop}
imagePullSecrets: [{name: pull}]
`)
	if len(m.errs) > 0 {
		t.Fatal(m.errs)
	}
	secret := m.secrets[types.NamespacedName{Namespace: "team", Name: "pull"}]
	if secret == nil || string(secret.Data[corev1.DockerConfigJsonKey]) != `{"auths":{}}` {
		t.Errorf("Secret %+v: stringData wins", secret)
	}
	account := m.accounts[types.NamespacedName{Namespace: "shop", Name: "ci"}]
	if account == nil || len(account.ImagePullSecrets) != 1 {
		t.Errorf("ServiceAccount %+v", account)
	}
}

func TestUnknownFieldIsWarnedAbout(t *testing.T) {
	var warnings []string
	m := newManifests(webhook.DefaultConfig(), "team", labels.Everything(), func(w string) { warnings = append(warnings, w) })
	m.addDocument(document{file: "f.yaml", data: []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {imagePullSecret: x, containers: []}\n")})
	if want := []string{`f.yaml:1: Pod/p: unknown field "spec.imagePullSecret"`}; cmp.Diff(want, warnings) != "" {
		t.Errorf("warnings %q, want %q", warnings, want)
	}
}

func TestSelector(t *testing.T) {
	m := newManifests(webhook.DefaultConfig(), "team", labels.SelectorFromSet(labels.Set{"app": "web"}), func(string) {})
	for _, app := range []string{"web", "db"} {
		m.addDocument(document{data: fmt.Appendf(nil, "apiVersion: v1\nkind: Pod\nmetadata: {name: %s, labels: {app: %[1]s}}\nspec: {containers: [{image: a}]}\n", app)})
	}
	if len(m.targets) != 1 || m.targets[0].item.Object.Name != "web" {
		t.Errorf("%v", found(m))
	}
}

func TestExempt(t *testing.T) {
	config := webhook.DefaultConfig()
	config.Exemptions = webhook.Exemptions{Namespaces: []string{"kube-*"}, Images: []string{"r.io/free/**"}, RuntimeClasses: []string{"wasm"}}
	m := newManifests(config, "team", labels.Everything(), func(string) {})
	for _, in := range []string{
		"metadata: {namespace: kube-system}\nspec: {containers: [{image: r.io/a:v1}]}",
		"spec: {containers: [{image: r.io/free/a:v1}]}",
		"spec: {runtimeClassName: wasm, containers: [{image: r.io/a:v1}]}",
	} {
		m.addDocument(document{data: []byte("apiVersion: v1\nkind: Pod\n" + in + "\n")})
	}
	for n, want := range []string{"namespace", "image", "runtimeClass"} {
		if i := m.targets[n].item; i.Class != report.ClassSkipped || i.Reason != report.Exempt || !strings.HasSuffix(i.Message, want) {
			t.Errorf("%+v, want exempt by %s", i, want)
		}
	}
}

// As an API server's defaults are.
func TestSetDefaults(t *testing.T) {
	for image, want := range map[string]corev1.PullPolicy{
		"a": corev1.PullAlways, "a:latest": corev1.PullAlways, "a:v1": corev1.PullIfNotPresent, "": corev1.PullIfNotPresent,
		"a:latest@sha256:" + strings.Repeat("a", 64):                                corev1.PullAlways, // C06, B22
		"a@sha256:" + strings.Repeat("a", 64):                                       corev1.PullIfNotPresent,
		"a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef": corev1.PullIfNotPresent,
	} {
		spec := &workload.PodSpec{
			DeprecatedServiceAccount: "old", Containers: []workload.Container{{Image: image}, {Image: image, ImagePullPolicy: corev1.PullNever}},
		}
		setDefaults(spec)
		if spec.Containers[0].ImagePullPolicy != want || spec.Containers[1].ImagePullPolicy != corev1.PullNever || spec.ServiceAccountName != "old" {
			t.Errorf("%q: %+v", image, spec)
		}
	}
}
