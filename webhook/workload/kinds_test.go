package workload

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// object makes an object whose JSON has a Pod spec at a path.
func object(t *testing.T, kind schema.GroupKind, path, spec string) Object {
	t.Helper()
	text := spec
	parts := strings.Split(path, ".")
	for i := len(parts) - 1; i >= 0; i-- {
		text = `{"` + parts[i] + `":` + text + `}`
	}
	obj := New(kind)
	if err := json.Unmarshal([]byte(text), obj); err != nil {
		t.Fatal(err)
	}
	return obj
}

// The path in a message must be the one under which the API has the image.
func TestPodSpecOf(t *testing.T) {
	for kind, path := range paths() {
		t.Run(kind.String(), func(t *testing.T) {
			obj := object(t, kind, path, `{"containers":[{"image":"a"}]}`)
			got := PodSpecOf(obj)
			if got.Path != path || got.Template != (kind.Kind != "Pod") || got.ServiceAccount() != "default" {
				t.Errorf("path %q, template %t, ServiceAccount %q", got.Path, got.Template, got.ServiceAccount())
			}
			images := got.Images()
			if len(images) != 1 || images[0].Fields[0] != path+".containers[0].image" {
				t.Errorf("images %+v", images)
			}
			if got.Containers[0].Image = "b"; PodSpecOf(obj).Containers[0].Image != "b" {
				t.Error("it is a copy of the object's")
			}
		})
	}
}

func TestNewOfAnotherKind(t *testing.T) {
	for _, kind := range []schema.GroupKind{{Kind: "Service"}, {Group: "apps", Kind: "Pod"}, {Group: "extensions", Kind: "Deployment"}, {}} {
		if obj := New(kind); obj != nil {
			t.Errorf("%s: %T", kind, obj)
		}
	}
}

func TestReplicationControllerWithoutTemplate(t *testing.T) {
	if images := Introduced(&corev1.ReplicationController{}, nil); len(images) != 0 {
		t.Errorf("%+v", images)
	}
}

// A change of a template is held against the old template.
func TestIntroducedIntoTemplates(t *testing.T) {
	for kind, path := range paths() {
		t.Run(kind.String(), func(t *testing.T) {
			old := object(t, kind, path, `{"containers":[{"image":"a"}]}`)
			obj := object(t, kind, path, `{"containers":[{"image":"a"},{"image":"b"}]}`)
			var got []string
			for _, i := range Introduced(obj, old) {
				got = append(got, i.Reference)
			}
			if diff := cmp.Diff([]string{"b"}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestQuiet(t *testing.T) {
	owned := func(kind schema.GroupKind, apiVersion, owner string, controller bool) Object {
		obj := New(kind)
		obj.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: apiVersion, Kind: owner, Controller: &controller}})
		return obj
	}
	now := metav1.Now()
	deleted := New(schema.GroupKind{Group: "apps", Kind: "Deployment"})
	deleted.SetDeletionTimestamp(&now)
	replicaSet, job := schema.GroupKind{Group: "apps", Kind: "ReplicaSet"}, schema.GroupKind{Group: "batch", Kind: "Job"}
	for name, tc := range map[string]struct {
		obj  Object
		want bool
	}{
		"ReplicaSet of a Deployment":       {owned(replicaSet, "apps/v1", "Deployment", true), true},
		"ReplicaSet of somebody":           {New(replicaSet), false},
		"ReplicaSet of another controller": {owned(replicaSet, "argoproj.io/v1alpha1", "Rollout", true), false},
		"ReplicaSet of a namesake":         {owned(replicaSet, "example.com/v1", "Deployment", true), false},
		"ReplicaSet with an owner only":    {owned(replicaSet, "apps/v1", "Deployment", false), false},
		"Job of a CronJob":                 {owned(job, "batch/v1", "CronJob", true), true},
		"Job of another controller":        {owned(job, "example.com/v1", "Workflow", true), false},
		"Job of somebody":                  {New(job), false},
		"Pod of a ReplicaSet":              {owned(schema.GroupKind{Kind: "Pod"}, "apps/v1", "ReplicaSet", true), false},
		"Deployment being deleted":         {deleted, true},
	} {
		if got := Quiet(tc.obj); got != tc.want {
			t.Errorf("%s: %t, want %t", name, got, tc.want)
		}
	}
}
