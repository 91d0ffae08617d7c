package e2e

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// goldenKind is a kind whose images are looked at.
type goldenKind struct {
	kind     string
	resource schema.GroupVersionResource
	// path is where its Pod spec is.
	path []string
	// rest is what the kind needs besides, above the Pod template.
	rest map[string]any
}

func goldenKinds() []goldenKind {
	core, apps, batch := schema.GroupVersion{Version: "v1"}, schema.GroupVersion{Group: "apps", Version: "v1"}, schema.GroupVersion{Group: "batch", Version: "v1"}
	selected := func() map[string]any {
		return map[string]any{"selector": map[string]any{"matchLabels": map[string]any{"app": "golden"}}}
	}
	template := []string{"spec", "template", "spec"}
	return []goldenKind{
		{"Pod", core.WithResource("pods"), []string{"spec"}, nil},
		{"PodTemplate", core.WithResource("podtemplates"), []string{"template", "spec"}, nil},
		{"ReplicationController", core.WithResource("replicationcontrollers"), template, map[string]any{"selector": map[string]any{"app": "golden"}}},
		{"Deployment", apps.WithResource("deployments"), template, selected()},
		{"ReplicaSet", apps.WithResource("replicasets"), template, selected()},
		{"StatefulSet", apps.WithResource("statefulsets"), template, selected()},
		{"DaemonSet", apps.WithResource("daemonsets"), template, selected()},
		{"Job", batch.WithResource("jobs"), template, nil},
		{"CronJob", batch.WithResource("cronjobs"), []string{"spec", "jobTemplate", "spec", "template", "spec"}, map[string]any{"schedule": "0 0 1 1 *"}},
	}
}

const goldenImage = openHost + "/golden/app:v1.2.3"

// object is a valid object of the kind, with an image in each field that can
// have one.
func (k goldenKind) object(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	always := corev1.ContainerRestartPolicyAlways
	spec := corev1.PodSpec{
		InitContainers: []corev1.Container{{Name: "init", Image: goldenImage}, {Name: "sidecar", Image: goldenImage, RestartPolicy: &always}},
		Containers:     []corev1.Container{{Name: "app", Image: goldenImage}},
		Volumes:        []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: goldenImage}}}},
	}
	if strings.HasSuffix(k.kind, "Job") {
		spec.RestartPolicy = corev1.RestartPolicyNever
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&spec)
	if err != nil {
		t.Fatal(err)
	}
	u := &unstructured.Unstructured{Object: map[string]any{}}
	set := func(value any, path ...string) {
		if err := unstructured.SetNestedField(u.Object, value, path...); err != nil {
			t.Fatal(err)
		}
	}
	if k.rest != nil {
		set(runtime.DeepCopyJSON(k.rest), "spec")
	}
	set(content, k.path...)
	if above := k.path[:len(k.path)-1]; len(above) > 0 {
		set(map[string]any{"app": "golden"}, append(append([]string{}, above...), "metadata", "labels")...)
	}
	u.SetAPIVersion(k.resource.GroupVersion().String())
	u.SetKind(k.kind)
	u.SetName("golden")
	return u
}

// goldenField is a field of a Pod spec that names an image.
type goldenField struct {
	list     string
	index    int
	inner    []string
	debugger bool // only the subresource ephemeralcontainers can bring it
}

func goldenFields(kind string) []goldenField {
	fields := []goldenField{
		{list: "containers", inner: []string{"image"}},
		{list: "initContainers", inner: []string{"image"}},
		{list: "initContainers", index: 1, inner: []string{"image"}},
		{list: "volumes", inner: []string{"image", "reference"}},
	}
	if kind == "Pod" {
		fields = append(fields, goldenField{list: "ephemeralContainers", inner: []string{"image"}, debugger: true})
	}
	return fields
}

// name is the field as messages have it.
func (k goldenKind) name(f goldenField) string {
	return fmt.Sprintf("%s.%s[%d].%s", strings.Join(k.path, "."), f.list, f.index, strings.Join(f.inner, "."))
}

// set returns the object with another image in a field.
func (k goldenKind) set(t *testing.T, u *unstructured.Unstructured, f goldenField, image string) *unstructured.Unstructured {
	t.Helper()
	u = u.DeepCopy()
	path := append(append([]string{}, k.path...), f.list)
	list, found, err := unstructured.NestedSlice(u.Object, path...)
	if f.debugger && !found {
		list = []any{map[string]any{"name": "debugger", "terminationMessagePolicy": "File", "imagePullPolicy": "IfNotPresent"}}
	}
	if err != nil || len(list) <= f.index {
		t.Fatalf("%s has no %v[%d]: %v", k.kind, path, f.index, err)
	}
	if err := unstructured.SetNestedField(list[f.index].(map[string]any), image, f.inner...); err != nil {
		t.Fatal(err)
	}
	if err := unstructured.SetNestedSlice(u.Object, list, path...); err != nil {
		t.Fatal(err)
	}
	return u
}
