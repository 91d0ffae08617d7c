package webhook

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BenchmarkSlimNode is what an update of a node costs that lists as many images as
// a kubelet tells of, each by digest and tag.
func BenchmarkSlimNode(b *testing.B) {
	for runtime, registry := range map[string]string{"containerd": "docker.io/acme/", "cri-dockerd": "acme/"} {
		full := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "a"}}
		for n := range 50 {
			name := fmt.Sprint(registry, "app", n)
			full.Status.Images = append(full.Status.Images, corev1.ContainerImage{Names: []string{
				fmt.Sprintf("%s@sha256:%064d", name, n), name + ":v1.2.3",
			}})
		}
		b.Run(runtime, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n := slim(full); len(n.images) != 100 {
					b.Fatal(len(n.images))
				}
			}
		})
	}
}
