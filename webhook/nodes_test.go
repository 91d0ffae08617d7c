package webhook

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
)

func TestNodes(t *testing.T) {
	nodes := &Nodes{}
	want := func(when string, want ...string) {
		t.Helper()
		all, err := nodes.All(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range all {
			got = append(got, n.Name+"="+n.Labels["pool"])
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	node := func(name, pool string) *Node {
		return &Node{Node: corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"pool": pool}}}}
	}
	want("at first")
	nodes.OnAdd(node("a", "x"), true)
	nodes.OnAdd(node("b", "x"), false)
	want("added", "a=x", "b=x")
	nodes.OnUpdate(node("a", "x"), node("a", "y"))
	want("changed", "a=y", "b=x")
	nodes.OnDelete(node("a", "y"))
	nodes.OnDelete(cache.DeletedFinalStateUnknown{Key: "b", Obj: node("b", "old")})
	want("deleted")
}

// Of a Windows node the build is kept, which decides what it pulls (B09), and of no
// other anything.
func TestWindowsBuild(t *testing.T) {
	for kernel, want := range map[string]string{
		"10.0.20348.2700":   "10.0.20348",
		"10.0.20348":        "10.0.20348",
		"10.0.20348.2700.1": "10.0.20348",
		"10.0":              "10.0", // the matcher knows it for none
		"":                  "",
		"5.10.0-28-generic": "5.10.0-28-generic",
	} {
		if got := windowsBuild(corev1.NodeSystemInfo{OperatingSystem: "windows", KernelVersion: kernel}); got != want {
			t.Errorf("windowsBuild(%q) = %q, want %q", kernel, got, want)
		}
		if got := windowsBuild(corev1.NodeSystemInfo{OperatingSystem: "linux", KernelVersion: kernel}); got != "" {
			t.Errorf("Linux, %q: %q", kernel, got)
		}
	}
}
