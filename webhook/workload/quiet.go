package workload

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// metadata is what is read of an object's metadata.
type metadata struct {
	DeletionTimestamp *metav1.Time `json:"deletionTimestamp"`
	Annotations       struct {
		// Mirror marks the reflection of a static Pod.
		Mirror *string `json:"kubernetes.io/config.mirror"`
	} `json:"annotations"`
	OwnerReferences []metav1.OwnerReference `json:"ownerReferences"`
}

func metadataOf(obj metav1.Object) metadata {
	m := metadata{DeletionTimestamp: obj.GetDeletionTimestamp(), OwnerReferences: obj.GetOwnerReferences()}
	if mirror, set := obj.GetAnnotations()[corev1.MirrorPodAnnotationKey]; set {
		m.Annotations.Mirror = &mirror
	}
	return m
}

// quiet reports whether an object's images are not worth a look: nothing will be
// pulled for it, or its own maker was looked at already, and a warning would
// reach nobody. The phase is a Pod's.
func quiet(kind schema.GroupKind, m metadata, phase corev1.PodPhase) bool {
	switch {
	case m.DeletionTimestamp != nil:
		return true // a finalizer can always be removed (C50)
	case kind == pod:
		// Reflections of static Pods (C49), and finished Pods (C45).
		return m.Annotations.Mirror != nil || phase == corev1.PodSucceeded || phase == corev1.PodFailed
	default:
		return madeByWorkload(kind, m.OwnerReferences)
	}
}

// madeByWorkload is for a Deployment's ReplicaSets and a CronJob's Jobs. What
// another controller makes, nobody has looked at yet.
func madeByWorkload(kind schema.GroupKind, owners []metav1.OwnerReference) bool {
	owner := metav1.GetControllerOf(&metav1.ObjectMeta{OwnerReferences: owners})
	if owner == nil {
		return false
	}
	switch kind {
	case replicaSet:
		return owner.Kind == deployment.Kind && owner.APIVersion == appsv1.SchemeGroupVersion.String()
	case job:
		return owner.Kind == cronJob.Kind && owner.APIVersion == batchv1.SchemeGroupVersion.String()
	default:
		return false
	}
}
