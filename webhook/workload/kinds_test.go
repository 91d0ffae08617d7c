package workload

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// paths are where each kind has its Pod spec.
func paths() map[schema.GroupKind]string {
	return map[schema.GroupKind]string{
		{Kind: "Pod"}:                        "spec",
		{Kind: "PodTemplate"}:                "template.spec",
		{Kind: "ReplicationController"}:      "spec.template.spec",
		{Group: "apps", Kind: "Deployment"}:  "spec.template.spec",
		{Group: "apps", Kind: "ReplicaSet"}:  "spec.template.spec",
		{Group: "apps", Kind: "StatefulSet"}: "spec.template.spec",
		{Group: "apps", Kind: "DaemonSet"}:   "spec.template.spec",
		{Group: "batch", Kind: "Job"}:        "spec.template.spec",
		{Group: "batch", Kind: "CronJob"}:    "spec.jobTemplate.spec.template.spec",
	}
}

// objectJSON is an object's JSON with a Pod spec at a path.
func objectJSON(path, spec string) []byte {
	text := spec
	parts := strings.Split(path, ".")
	for i := len(parts) - 1; i >= 0; i-- {
		text = `{"` + parts[i] + `":` + text + `}`
	}
	return []byte(text)
}

// read reads an object by both ways, which must agree.
func read(t *testing.T, kind schema.GroupKind, raw []byte) Workload {
	t.Helper()
	obj := New(kind)
	if err := json.Unmarshal(raw, obj); err != nil {
		t.Fatal(err)
	}
	got, err := Decode(kind, raw)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Of(obj), got); diff != "" {
		t.Errorf("%s: (-Of +Decode):\n%s\n%s", kind, diff, raw)
	}
	return got
}

// The path in a message must be the one under which the API has the image.
func TestRead(t *testing.T) {
	for kind, path := range paths() {
		t.Run(kind.String(), func(t *testing.T) {
			got := read(t, kind, objectJSON(path, `{
				"containers": [{"name": "c", "image": "a", "imagePullPolicy": "Always", "env": [{"name": "E", "value": "v"}], "resources": {"requests": {"cpu": "1"}}}],
				"initContainers": [{"image": "i"}], "ephemeralContainers": [{"image": "e", "targetContainerName": "c"}],
				"volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "image": {"reference": "v", "pullPolicy": "Never"}}],
				"imagePullSecrets": [{"name": "s"}, {}], "serviceAccountName": "sa", "serviceAccount": "sa", "nodeName": "n", "nodeSelector": {"a": "b"},
				"affinity": {"podAntiAffinity": {}, "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n"]}]}]}}},
				"runtimeClassName": "kata", "tolerations": [{"operator": "Exists"}]
			}`))
			if got.Spec.Path != path || got.Spec.Template != (kind.Kind != "Pod") || got.Spec.ServiceAccount() != "sa" || got.Spec.Affinity.NodeAffinity.Required == nil {
				t.Errorf("%+v", got.Spec)
			}
			var fields []string
			for _, i := range got.Spec.Images() {
				fields = append(fields, i.Reference+" "+i.Fields[0])
			}
			want := []string{"v " + path + ".volumes[1].image.reference", "i " + path + ".initContainers[0].image", "a " + path + ".containers[0].image", "e " + path + ".ephemeralContainers[0].image"}
			if diff := cmp.Diff(want, fields); diff != "" {
				t.Errorf("images (-want +got):\n%s", diff)
			}
			if account := read(t, kind, objectJSON(path, `{}`)).Spec.ServiceAccount(); account != "default" {
				t.Errorf("ServiceAccount %q", account)
			}
			if account := read(t, kind, []byte(`{}`)).Spec.ServiceAccount(); account != "default" {
				t.Errorf("of an empty object, ServiceAccount %q", account)
			}
		})
	}
}

func TestDecodeFails(t *testing.T) {
	for raw, want := range map[string]string{
		"": "Pod", "[": "Pod", `"text"`: "Pod", `{"spec":{"containers":"text"}}`: "containers", `{"spec":{"nodeSelector":{"a":1}}}`: "nodeSelector",
	} {
		if _, err := Decode(schema.GroupKind{Kind: "Pod"}, []byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q in it", raw, err, want)
		}
	}
}

func TestAnotherKind(t *testing.T) {
	for _, kind := range []schema.GroupKind{{Kind: "Service"}, {Group: "apps", Kind: "Pod"}, {Group: "extensions", Kind: "Deployment"}, {}} {
		if obj := New(kind); obj != nil || Has(kind) {
			t.Errorf("%s: %T", kind, obj)
		}
		if _, err := Decode(kind, []byte(`{}`)); err == nil {
			t.Errorf("%s was decoded", kind)
		}
	}
}

// A change of a template is held against the old template.
func TestIntroducedIntoTemplates(t *testing.T) {
	for kind, path := range paths() {
		t.Run(kind.String(), func(t *testing.T) {
			old := read(t, kind, objectJSON(path, `{"containers":[{"image":"a"}]}`))
			obj := read(t, kind, objectJSON(path, `{"containers":[{"image":"a"},{"image":"b"}]}`))
			var got []string
			for _, i := range obj.Introduced(&old) {
				got = append(got, i.Reference)
			}
			if diff := cmp.Diff([]string{"b"}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuiet(t *testing.T) {
	owned := func(apiVersion, owner string, controller bool) string {
		return fmt.Sprintf(`{"metadata":{"ownerReferences":[{"apiVersion":%q,"kind":%q,"controller":%t}]}}`, apiVersion, owner, controller)
	}
	for name, tc := range map[string]struct {
		kind schema.GroupKind
		raw  string
		want bool
	}{
		"ReplicaSet of a Deployment":       {replicaSet, owned("apps/v1", "Deployment", true), true},
		"ReplicaSet of somebody":           {replicaSet, `{}`, false},
		"ReplicaSet of another controller": {replicaSet, owned("argoproj.io/v1alpha1", "Rollout", true), false},
		"ReplicaSet of a namesake":         {replicaSet, owned("example.com/v1", "Deployment", true), false},
		"ReplicaSet with an owner only":    {replicaSet, owned("apps/v1", "Deployment", false), false},
		"Job of a CronJob":                 {job, owned("batch/v1", "CronJob", true), true},
		"Job of another controller":        {job, owned("example.com/v1", "Workflow", true), false},
		"Job of somebody":                  {job, `{}`, false},
		"Pod of a ReplicaSet":              {pod, owned("apps/v1", "ReplicaSet", true), false},
		"Deployment being deleted":         {deployment, `{"metadata":{"deletionTimestamp":"2026-01-02T03:04:05Z"}}`, true},
		"mirror Pod":                       {pod, `{"metadata":{"annotations":{"kubernetes.io/config.mirror":"","a":"b"}}}`, true},
		"Pod with another annotation":      {pod, `{"metadata":{"annotations":{"a":"b"}}}`, false},
		"Pod that is finished":             {pod, `{"status":{"phase":"Failed"}}`, true},
		"Pod that runs":                    {pod, `{"status":{"phase":"Running"}}`, false},
	} {
		if got := read(t, tc.kind, []byte(tc.raw)).Quiet; got != tc.want {
			t.Errorf("%s: %t, want %t", name, got, tc.want)
		}
	}
}
