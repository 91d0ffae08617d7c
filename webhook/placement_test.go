package webhook

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/webhook/workload"
)

type nodeList struct {
	nodes []*Node
	err   error
}

func (l nodeList) All(context.Context) ([]*Node, error) { return l.nodes, l.err }

func node(name, arch string, images ...string) *Node {
	full := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelArchStable: arch}}}
	full.Status.NodeInfo = corev1.NodeSystemInfo{OperatingSystem: "linux", Architecture: arch}
	if len(images) > 0 {
		full.Status.Images = []corev1.ContainerImage{{Names: images}}
	}
	return slim(full)
}

func slim(full *corev1.Node) *Node {
	obj, err := SlimNode(full)
	if err != nil {
		panic(err)
	}
	return obj.(*Node)
}

func TestPlatforms(t *testing.T) {
	amd64, arm64 := ocispec.Platform{OS: "linux", Architecture: "amd64"}, ocispec.Platform{OS: "linux", Architecture: "arm64"}
	cluster := []*Node{node("a", "amd64"), node("b", "amd64"), node("c", "arm64")}
	silent := slim(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "silent"}})
	windows := func(kernel string) *Node {
		full := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: kernel}}
		full.Status.NodeInfo = corev1.NodeSystemInfo{OperatingSystem: "windows", Architecture: "amd64", KernelVersion: kernel}
		return slim(full)
	}
	build := func(version string) ocispec.Platform {
		return ocispec.Platform{OS: "windows", Architecture: "amd64", OSVersion: version}
	}

	affinity := func(term corev1.NodeSelectorTerm) corev1.PodSpec {
		return corev1.PodSpec{Affinity: &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{term}},
		}}}
	}
	for name, tc := range map[string]struct {
		spec corev1.PodSpec
		list nodeList
		want []ocispec.Platform
	}{
		"anywhere":      {corev1.PodSpec{}, nodeList{nodes: cluster}, []ocispec.Platform{amd64, arm64}},
		"node name":     {corev1.PodSpec{NodeName: "c"}, nodeList{nodes: cluster}, []ocispec.Platform{arm64}},
		"node selector": {corev1.PodSpec{NodeSelector: map[string]string{corev1.LabelArchStable: "arm64"}}, nodeList{nodes: cluster}, []ocispec.Platform{arm64}},
		"affinity": {affinity(corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{
			{Key: corev1.LabelArchStable, Operator: corev1.NodeSelectorOpNotIn, Values: []string{"arm64"}},
		}}), nodeList{nodes: cluster}, []ocispec.Platform{amd64}},
		"affinity to a name, as of a DaemonSet": {affinity(corev1.NodeSelectorTerm{MatchFields: []corev1.NodeSelectorRequirement{
			{Key: metav1.ObjectNameField, Operator: corev1.NodeSelectorOpIn, Values: []string{"b"}},
		}}), nodeList{nodes: cluster}, []ocispec.Platform{amd64}},
		"Windows, by its builds": {corev1.PodSpec{}, nodeList{nodes: []*Node{windows("10.0.17763.1"), windows("10.0.17763.2"), windows("10.0.20348.1")}},
			[]ocispec.Platform{build("10.0.17763"), build("10.0.20348")}},
		"nowhere yet":            {corev1.PodSpec{NodeSelector: map[string]string{"pool": "gpu"}}, nodeList{nodes: cluster}, nil},
		"a node that is not set": {corev1.PodSpec{}, nodeList{nodes: append([]*Node{silent}, cluster...)}, nil},
		"no nodes":               {corev1.PodSpec{}, nodeList{}, nil},
		"nodes not known":        {corev1.PodSpec{}, nodeList{err: errors.New("down")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := newPlacement(t.Context(), tc.list, workload.Of(&corev1.Pod{Spec: tc.spec}).Spec).Platforms()
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A node may list an image under other names than the Pod has for it, by its runtime
// (B13).
func TestList(t *testing.T) {
	const digest = "@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	for runtime, names := range map[string][]string{
		"containerd":  {"docker.io/library/nginx" + digest, "docker.io/library/nginx:1", "docker.io/library/my-app:dev", "r.io/app:1"},
		"cri-dockerd": {"nginx" + digest, "nginx:1", "my-app:dev", "r.io/app:1", "<none>:<none>"},
		"CRI-O":       {"docker.io/library/nginx" + digest, "docker.io/library/nginx:1", "localhost/my-app:dev", "r.io/app:1"},
	} {
		list := nodeList{nodes: []*Node{node("a", "amd64"), node("b", "amd64", names...)}}
		for image, want := range map[string]bool{
			"nginx:1":                          true,
			"docker.io/library/nginx:1":        true,
			"docker.io/nginx:1":                true,
			"nginx" + digest:                   true,
			"nginx:2" + digest:                 true,
			"docker.io/library/nginx" + digest: true,
			"my-app:dev":                       true,
			"r.io/app:1":                       true,
			"nginx:2":                          false,
			"nginx":                            false,
			"my-app":                           false,
			"app:1":                            false,
			"r.io/library/nginx:1":             false,
			"r.io/my-app:dev":                  false,
			// Only without a registry it may be the node's own.
			"docker.io/library/my-app:dev": runtime != "CRI-O",
			"localhost/my-app:dev":         runtime == "CRI-O",
		} {
			ref, err := reference.Parse(image)
			if err != nil {
				t.Fatal(err)
			}
			if got := newPlacement(t.Context(), list, workload.PodSpec{}).List(ref); got != want {
				t.Errorf("%s: List(%s) = %t, want %t", runtime, image, got, want)
			}
		}
	}
}

func TestSlimNode(t *testing.T) {
	full := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: "a", UID: "u", ResourceVersion: "7", Labels: map[string]string{"pool": "x"}, Annotations: map[string]string{"large": "value"}},
		Status: corev1.NodeStatus{
			NodeInfo:   corev1.NodeSystemInfo{OperatingSystem: "linux", Architecture: "amd64", KernelVersion: "6"},
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady}},
			Images:     []corev1.ContainerImage{{Names: []string{"nginx:1", "nginx:latest"}, SizeBytes: 1 << 30}, {Names: []string{"redis:1"}}},
		},
	}
	want := corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: "a", UID: "u", ResourceVersion: "7", Labels: map[string]string{"pool": "x"}},
		Status:     corev1.NodeStatus{NodeInfo: corev1.NodeSystemInfo{OperatingSystem: "linux", Architecture: "amd64"}},
	}
	got := slim(full)
	if diff := cmp.Diff(want, got.Node); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var images []string
	for _, name := range got.images {
		images = append(images, name.Value())
	}
	if diff := cmp.Diff([]string{"docker.io/library/nginx:1", "docker.io/library/nginx:latest", "docker.io/library/redis:1"}, images); diff != "" {
		t.Errorf("images (-want +got):\n%s", diff)
	}
	if other, err := SlimNode(&corev1.Pod{}); err != nil || other == nil {
		t.Errorf("something else: %v, %v", other, err)
	}
}
