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

// Where an object has its Pod spec.
const (
	inPod      = "spec"
	inTemplate = "spec.template.spec"
	inCronJob  = "spec.jobTemplate.spec.template.spec"
	// A PodTemplate has no spec around it.
	inPodTemplate = "template.spec"
)

// kinds are those that have a Pod spec.
var kinds = map[schema.GroupKind]struct {
	path  string
	empty func() Object
}{
	pod:                   {inPod, func() Object { return &corev1.Pod{} }},
	podTemplate:           {inPodTemplate, func() Object { return &corev1.PodTemplate{} }},
	replicationController: {inTemplate, func() Object { return &corev1.ReplicationController{} }},
	deployment:            {inTemplate, func() Object { return &appsv1.Deployment{} }},
	replicaSet:            {inTemplate, func() Object { return &appsv1.ReplicaSet{} }},
	statefulSet:           {inTemplate, func() Object { return &appsv1.StatefulSet{} }},
	daemonSet:             {inTemplate, func() Object { return &appsv1.DaemonSet{} }},
	job:                   {inTemplate, func() Object { return &batchv1.Job{} }},
	cronJob:               {inCronJob, func() Object { return &batchv1.CronJob{} }},
}

var (
	pod                   = schema.GroupKind{Kind: "Pod"}
	podTemplate           = schema.GroupKind{Kind: "PodTemplate"}
	replicationController = schema.GroupKind{Kind: "ReplicationController"}
	statefulSet           = schema.GroupKind{Group: appsv1.GroupName, Kind: "StatefulSet"}
	daemonSet             = schema.GroupKind{Group: appsv1.GroupName, Kind: "DaemonSet"}
	deployment            = schema.GroupKind{Group: appsv1.GroupName, Kind: "Deployment"}
	replicaSet            = schema.GroupKind{Group: appsv1.GroupName, Kind: "ReplicaSet"}
	job                   = schema.GroupKind{Group: batchv1.GroupName, Kind: "Job"}
	cronJob               = schema.GroupKind{Group: batchv1.GroupName, Kind: "CronJob"}
)

// Has reports whether objects of a kind have a Pod spec.
func Has(kind schema.GroupKind) bool {
	_, has := kinds[kind]
	return has
}

// Object is an API object of a kind that has a Pod spec, in full.
type Object interface {
	metav1.Object
	runtime.Object
}

// New makes an empty object of a kind, nil if the kind has no Pod spec.
func New(kind schema.GroupKind) Object {
	if k, has := kinds[kind]; has {
		return k.empty()
	}
	return nil
}

// Of reads an object that New made, or a Pod.
func Of(obj Object) Workload {
	switch o := obj.(type) {
	case *corev1.Pod:
		return Workload{Spec: specOf(&o.Spec, inPod), Quiet: quiet(pod, metadataOf(o), o.Status.Phase)}
	case *corev1.PodTemplate:
		return ofTemplate(podTemplate, o, &o.Template)
	case *corev1.ReplicationController:
		t := o.Spec.Template
		if t == nil { // the one kind for which it may be left out
			t = &corev1.PodTemplateSpec{}
		}
		return ofTemplate(replicationController, o, t)
	case *appsv1.Deployment:
		return ofTemplate(deployment, o, &o.Spec.Template)
	case *appsv1.ReplicaSet:
		return ofTemplate(replicaSet, o, &o.Spec.Template)
	case *appsv1.StatefulSet:
		return ofTemplate(statefulSet, o, &o.Spec.Template)
	case *appsv1.DaemonSet:
		return ofTemplate(daemonSet, o, &o.Spec.Template)
	case *batchv1.Job:
		return ofTemplate(job, o, &o.Spec.Template)
	case *batchv1.CronJob:
		return ofTemplate(cronJob, o, &o.Spec.JobTemplate.Spec.Template)
	default:
		panic(fmt.Sprintf("%T has no Pod spec", obj))
	}
}

func ofTemplate(kind schema.GroupKind, obj metav1.Object, t *corev1.PodTemplateSpec) Workload {
	return Workload{Spec: specOf(&t.Spec, kinds[kind].path), Quiet: quiet(kind, metadataOf(obj), "")}
}
