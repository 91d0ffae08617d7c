package workload

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Object is an API object of a kind that has a Pod spec.
type Object interface {
	metav1.Object
	runtime.Object
}

// PodSpec is the Pod spec of an object.
type PodSpec struct {
	*corev1.PodSpec
	// Path is where in the object it stands, such as "spec.template.spec".
	Path string
	// Template tells that it is not a Pod's own: Pods will be made from it, and
	// may be changed on the way.
	Template bool
}

// New makes an empty object of a kind, nil if the kind has no Pod spec.
func New(kind schema.GroupKind) Object {
	switch kind {
	case schema.GroupKind{Kind: "Pod"}:
		return &corev1.Pod{}
	case schema.GroupKind{Kind: "PodTemplate"}:
		return &corev1.PodTemplate{}
	case schema.GroupKind{Kind: "ReplicationController"}:
		return &corev1.ReplicationController{}
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "Deployment"}:
		return &appsv1.Deployment{}
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "ReplicaSet"}:
		return &appsv1.ReplicaSet{}
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "StatefulSet"}:
		return &appsv1.StatefulSet{}
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "DaemonSet"}:
		return &appsv1.DaemonSet{}
	case schema.GroupKind{Group: batchv1.GroupName, Kind: "Job"}:
		return &batchv1.Job{}
	case schema.GroupKind{Group: batchv1.GroupName, Kind: "CronJob"}:
		return &batchv1.CronJob{}
	default:
		return nil
	}
}

// PodSpecOf returns the Pod spec of an object that New made.
func PodSpecOf(obj Object) PodSpec {
	switch o := obj.(type) {
	case *corev1.Pod:
		return PodSpec{PodSpec: &o.Spec, Path: "spec"}
	case *corev1.PodTemplate:
		return template(&o.Template, "template")
	case *corev1.ReplicationController:
		// The one kind whose template may be left out.
		if o.Spec.Template == nil {
			return template(&corev1.PodTemplateSpec{}, "spec.template")
		}
		return template(o.Spec.Template, "spec.template")
	case *appsv1.Deployment:
		return template(&o.Spec.Template, "spec.template")
	case *appsv1.ReplicaSet:
		return template(&o.Spec.Template, "spec.template")
	case *appsv1.StatefulSet:
		return template(&o.Spec.Template, "spec.template")
	case *appsv1.DaemonSet:
		return template(&o.Spec.Template, "spec.template")
	case *batchv1.Job:
		return template(&o.Spec.Template, "spec.template")
	case *batchv1.CronJob:
		return template(&o.Spec.JobTemplate.Spec.Template, "spec.jobTemplate.spec.template")
	default:
		panic(fmt.Sprintf("%T has no Pod spec", obj))
	}
}

func template(t *corev1.PodTemplateSpec, path string) PodSpec {
	return PodSpec{PodSpec: &t.Spec, Path: path + ".spec", Template: true}
}

// ServiceAccount is the name of the ServiceAccount that the Pods run as.
func (s PodSpec) ServiceAccount() string {
	if s.ServiceAccountName == "" {
		return "default"
	}
	return s.ServiceAccountName
}
