package e2e

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// What the matchConditions cost is bounded by the API server: a condition that goes
// past the bound fails, and with failurePolicy Ignore the object would be let
// through unseen. Of the golden tests' objects none is large.
func testManyContainers(t *testing.T, s *suite) {
	const containers = 4000 // more would not fit into etcd
	push(t, s.open, "acme/many", "v1")
	template := &corev1.PodTemplate{ObjectMeta: metav1.ObjectMeta{Name: "many"}}
	for n := range containers {
		template.Template.Spec.Containers = append(template.Template.Spec.Containers,
			corev1.Container{Name: fmt.Sprintf("c%d", n), Image: openHost + "/acme/many:v1"})
	}
	ns := s.namespace(t, nil)
	var stored *corev1.PodTemplate
	put := func(update bool) outcome {
		return s.do(func(c kubernetes.Interface) (*corev1.Pod, error) {
			var err error
			if update {
				stored, err = c.CoreV1().PodTemplates(ns).Update(t.Context(), stored, metav1.UpdateOptions{})
			} else {
				stored, err = c.CoreV1().PodTemplates(ns).Create(t.Context(), template, metav1.CreateOptions{})
			}
			return nil, err
		})
	}
	put(false).created(t)
	stored.Labels = map[string]string{"team": "a"}
	put(true).created(t)
	last := &stored.Template.Spec.Containers[containers-1].Image
	*last = strings.Replace(*last, ":v1", ":v2", 1)
	put(true).warned(t, openHost+"/acme/many:v2", "does not exist")
}
