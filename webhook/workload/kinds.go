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
	{Kind: "Pod"}:                   {inPod, func() Object { return &corev1.Pod{} }},
	{Kind: "PodTemplate"}:           {inPodTemplate, func() Object { return &corev1.PodTemplate{} }},
	{Kind: "ReplicationController"}: {inTemplate, func() Object { return &corev1.ReplicationController{} }},
	deployment:                      {inTemplate, func() Object { return &appsv1.Deployment{} }},
	replicaSet:                      {inTemplate, func() Object { return &appsv1.ReplicaSet{} }},
	{Group: appsv1.GroupName, Kind: "StatefulSet"}: {inTemplate, func() Object { return &appsv1.StatefulSet{} }},
	{Group: appsv1.GroupName, Kind: "DaemonSet"}:   {inTemplate, func() Object { return &appsv1.DaemonSet{} }},
	job:     {inTemplate, func() Object { return &batchv1.Job{} }},
	cronJob: {inCronJob, func() Object { return &batchv1.CronJob{} }},
}

var (
	deployment = schema.GroupKind{Group: appsv1.GroupName, Kind: "Deployment"}
	replicaSet = schema.GroupKind{Group: appsv1.GroupName, Kind: "ReplicaSet"}
	job        = schema.GroupKind{Group: batchv1.GroupName, Kind: "Job"}
	cronJob    = schema.GroupKind{Group: batchv1.GroupName, Kind: "CronJob"}
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
		return Workload{Spec: specOf(&o.Spec, inPod), Quiet: quiet(schema.GroupKind{Kind: "Pod"}, metadataOf(o), o.Status.Phase)}
	case *corev1.PodTemplate:
		return ofTemplate(schema.GroupKind{Kind: "PodTemplate"}, o, &o.Template, inPodTemplate)
	case *corev1.ReplicationController:
		t := o.Spec.Template
		if t == nil { // the one kind for which it may be left out
			t = &corev1.PodTemplateSpec{}
		}
		return ofTemplate(schema.GroupKind{Kind: "ReplicationController"}, o, t, inTemplate)
	case *appsv1.Deployment:
		return ofTemplate(deployment, o, &o.Spec.Template, inTemplate)
	case *appsv1.ReplicaSet:
		return ofTemplate(replicaSet, o, &o.Spec.Template, inTemplate)
	case *appsv1.StatefulSet:
		return ofTemplate(schema.GroupKind{Group: appsv1.GroupName, Kind: "StatefulSet"}, o, &o.Spec.Template, inTemplate)
	case *appsv1.DaemonSet:
		return ofTemplate(schema.GroupKind{Group: appsv1.GroupName, Kind: "DaemonSet"}, o, &o.Spec.Template, inTemplate)
	case *batchv1.Job:
		return ofTemplate(job, o, &o.Spec.Template, inTemplate)
	case *batchv1.CronJob:
		return ofTemplate(cronJob, o, &o.Spec.JobTemplate.Spec.Template, inCronJob)
	default:
		panic(fmt.Sprintf("%T has no Pod spec", obj))
	}
}

func ofTemplate(kind schema.GroupKind, obj metav1.Object, t *corev1.PodTemplateSpec, path string) Workload {
	return Workload{Spec: specOf(&t.Spec, path), Quiet: quiet(kind, metadataOf(obj), "")}
}
