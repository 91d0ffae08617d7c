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
// subresources only one can bring an image.
func bringsImages(req admissionv1.AdmissionRequest) bool {
	switch req.Operation {
	case admissionv1.Create:
		return req.SubResource == ""
	case admissionv1.Update:
		return req.SubResource == "" || req.SubResource == "ephemeralcontainers"
	default:
		return false
	}
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

// podImages lists a Pod's images in the order in which a kubelet needs them.
func podImages(pod *corev1.Pod) []podImage {
	var l imageList
	for n, v := range pod.Spec.Volumes {
		if v.Image != nil {
			l.add(fmt.Sprintf("spec.volumes[%d].image.reference", n), v.Image.Reference, v.Image.PullPolicy)
		}
	}
	for n, c := range pod.Spec.InitContainers {
		l.add(fmt.Sprintf("spec.initContainers[%d].image", n), c.Image, c.ImagePullPolicy)
	}
	for n, c := range pod.Spec.Containers {
		l.add(fmt.Sprintf("spec.containers[%d].image", n), c.Image, c.ImagePullPolicy)
	}
	for n, c := range pod.Spec.EphemeralContainers {
		l.add(fmt.Sprintf("spec.ephemeralContainers[%d].image", n), c.Image, c.ImagePullPolicy)
	}
	return l.images
}

// imageList collects images, each once with all its fields.
type imageList struct {
	images []podImage
	index  map[resolver.Image]int
}

func (l *imageList) add(field, reference string, policy corev1.PullPolicy) {
	image := resolver.Image{Reference: reference, PullPolicy: policy}
	if at, seen := l.index[image]; seen {
		l.images[at].fields = append(l.images[at].fields, field)
		return
	}
	if l.index == nil {
		l.index = map[resolver.Image]int{}
	}
	l.index[image] = len(l.images)
	l.images = append(l.images, podImage{Image: image, fields: []string{field}})
}
