package workload

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// podOf makes a Pod of init containers and containers.
func podOf(inits, containers []string) *corev1.Pod {
	pod := &corev1.Pod{}
	for _, image := range inits {
		pod.Spec.InitContainers = append(pod.Spec.InitContainers, corev1.Container{Image: image})
	}
	for _, image := range containers {
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Image: image})
	}
	return pod
}

func TestIntroducedImages(t *testing.T) {
	type image struct {
		Reference string
		Fields    []string
	}
	now := metav1.Now()
	with := func(pod *corev1.Pod, change func(*corev1.Pod)) *corev1.Pod {
		change(pod)
		return pod
	}
	ab := func() *corev1.Pod { return podOf([]string{"a"}, []string{"b"}) }

	for name, tc := range map[string]struct {
		pod, old *corev1.Pod
		want     []image
	}{
		"create": {ab(), nil, []image{{"a", []string{"spec.initContainers[0].image"}}, {"b", []string{"spec.containers[0].image"}}}},
		"each once, with all fields": {podOf([]string{"a", "b"}, []string{"b", "c", "b"}), nil, []image{
			{"a", []string{"spec.initContainers[0].image"}},
			{"b", []string{"spec.initContainers[1].image", "spec.containers[0].image", "spec.containers[2].image"}},
			{"c", []string{"spec.containers[1].image"}},
		}},
		"image volume (C47)": {with(ab(), func(p *corev1.Pod) {
			p.Spec.Volumes = []corev1.Volume{{}, {VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: "v"}}}}
		}), nil, []image{{"v", []string{"spec.volumes[1].image.reference"}}, {"a", []string{"spec.initContainers[0].image"}}, {"b", []string{"spec.containers[0].image"}}}},
		"ephemeral container (C44)": {with(ab(), func(p *corev1.Pod) {
			p.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Image: "debug"}}}
		}), ab(), []image{{"debug", []string{"spec.ephemeralContainers[0].image"}}}},
		"another policy is another image": {with(podOf(nil, []string{"a", "a"}), func(p *corev1.Pod) { p.Spec.Containers[1].ImagePullPolicy = corev1.PullNever }), nil,
			[]image{{"a", []string{"spec.containers[0].image"}}, {"a", []string{"spec.containers[1].image"}}}},
		"update of nothing (C45)":   {ab(), ab(), nil},
		"update of one image (C46)": {podOf([]string{"a"}, []string{"new"}), ab(), []image{{"new", []string{"spec.containers[0].image"}}}},
		"images exchanged":          {podOf([]string{"b"}, []string{"a"}), ab(), nil},
		"mirror Pod (C49)":          {with(ab(), func(p *corev1.Pod) { p.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: ""} }), nil, nil},
		"being deleted (C50)":       {with(ab(), func(p *corev1.Pod) { p.DeletionTimestamp = &now }), podOf(nil, []string{"x"}), nil},
		"succeeded":                 {with(ab(), func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }), podOf(nil, []string{"x"}), nil},
		"failed":                    {with(ab(), func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed }), podOf(nil, []string{"x"}), nil},
		"running":                   {with(podOf(nil, []string{"new"}), func(p *corev1.Pod) { p.Status.Phase = corev1.PodRunning }), ab(), []image{{"new", []string{"spec.containers[0].image"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []image
			for _, i := range introduced(tc.pod, tc.old) {
				got = append(got, image{i.Reference, i.Fields})
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// introduced is what a change of a Pod brings, if it is worth a look.
func introduced(pod, old *corev1.Pod) []Image {
	w := Of(pod)
	switch {
	case w.Quiet:
		return nil
	case old == nil:
		return w.Introduced(nil)
	default:
		was := Of(old)
		return w.Introduced(&was)
	}
}
