package webhook

import (
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/resolver"
)

// podImage is an image with the fields of the Pod that name it.
type podImage struct {
	resolver.Image
	fields []string
}

// bringsImages is false for requests that need not be decoded: of the
// subresources none that can bring an image is handled yet.
func bringsImages(req admissionv1.AdmissionRequest) bool {
	return req.SubResource == "" && (req.Operation == admissionv1.Create || req.Operation == admissionv1.Update)
}

// introducedImages lists the images that a request brings into a Pod, in the
// Pod's order, each once with all its fields. The old Pod is nil on CREATE.
func introducedImages(pod, old *corev1.Pod) []podImage {
	if !pullsImages(pod) {
		return nil
	}
	known := map[string]bool{}
	if old != nil {
		for _, i := range podImages(old) {
			known[i.Reference] = true
		}
	}
	var introduced []podImage
	for _, i := range podImages(pod) {
		if !known[i.Reference] {
			introduced = append(introduced, i)
		}
	}
	return introduced
}

// pullsImages is false for Pods that no kubelet will pull anything for because
// of this request: reflections of static Pods, Pods on their way out, finished
// ones (C45, C49, C50). A finalizer can always be removed.
func pullsImages(pod *corev1.Pod) bool {
	_, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]
	finished := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
	return !mirror && !finished && pod.DeletionTimestamp == nil
}

// podImages lists a Pod's images, those first that are pulled first.
func podImages(pod *corev1.Pod) []podImage {
	var images []podImage
	index := map[resolver.Image]int{}
	add := func(list string, containers []corev1.Container) {
		for n, c := range containers {
			image := resolver.Image{Reference: c.Image, PullPolicy: c.ImagePullPolicy}
			field := fmt.Sprintf("spec.%s[%d].image", list, n)
			if at, seen := index[image]; seen {
				images[at].fields = append(images[at].fields, field)
				continue
			}
			index[image] = len(images)
			images = append(images, podImage{Image: image, fields: []string{field}})
		}
	}
	add("initContainers", pod.Spec.InitContainers)
	add("containers", pod.Spec.Containers)
	return images
}
