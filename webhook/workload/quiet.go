package workload

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Quiet reports whether an object's images are not worth a look: nothing will be
// pulled for it, or its own maker was looked at already, and a warning would
// reach nobody.
func Quiet(obj Object) bool {
	if obj.GetDeletionTimestamp() != nil {
		return true // a finalizer can always be removed (C50)
	}
	if pod, ok := obj.(*corev1.Pod); ok {
		return quietPod(pod)
	}
	return madeByWorkload(obj)
}

// quietPod is for reflections of static Pods (C49) and finished ones (C45).
func quietPod(pod *corev1.Pod) bool {
	_, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]
	return mirror || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// madeByWorkload is for a Deployment's ReplicaSets and a CronJob's Jobs. What
// another controller makes, nobody has looked at yet.
func madeByWorkload(obj Object) bool {
	owner := metav1.GetControllerOf(obj)
	if owner == nil {
		return false
	}
	switch obj.(type) {
	case *appsv1.ReplicaSet:
		return owner.Kind == "Deployment" && owner.APIVersion == appsv1.SchemeGroupVersion.String()
	case *batchv1.Job:
		return owner.Kind == "CronJob" && owner.APIVersion == batchv1.SchemeGroupVersion.String()
	default:
		return false
	}
}
