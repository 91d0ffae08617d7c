package check

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/cmd/pullgate/check/report"
	"github.com/pullgate/pullgate/webhook"
	"github.com/pullgate/pullgate/webhook/workload"
)

// target is an image to check: one of an object, or one that was asked about.
type target struct {
	// item is what will be reported, without the verdict.
	item      report.Item
	namespace string
	spec      workload.PodSpec
	image     workload.Image
}

// targetsOf makes the targets of an object. The line is that of a field.
func targetsOf(config webhook.Config, object report.Object, source *report.Source, spec workload.PodSpec, line func(path string) int) (targets []target) {
	images := spec.Images()
	// With thousands of Pods the lists would fill the memory.
	kept := spec
	kept.Volumes, kept.InitContainers, kept.Containers, kept.EphemeralContainers = nil, nil, nil, nil
	for _, image := range images {
		t := target{
			item:      report.Item{Source: source, Object: &object, Image: image.Reference},
			namespace: object.Namespace,
			spec:      kept,
			image:     image,
		}
		for _, path := range image.Fields {
			t.item.Fields = append(t.item.Fields, report.Field{Path: path, Line: line(path)})
		}
		t.skip(config)
		targets = append(targets, t)
	}
	return targets
}

// skip marks a target that the configuration lets pass.
func (t *target) skip(config webhook.Config) {
	switch by := config.Exempt(t.namespace, t.spec, t.image.Reference); by {
	case "":
	case webhook.ByPlaceholder:
		t.item.Class, t.item.Reason, t.item.Message = report.ClassSkipped, report.Placeholder, "something else replaces it before a Pod runs"
	default:
		t.item.Class, t.item.Reason, t.item.Message = report.ClassSkipped, report.Exempt, "exempt by its "+by
	}
}

// askedAbout is an image of --image, in a Pod that is imagined.
func askedAbout(o Options, namespace, image string) target {
	spec := workload.PodSpec{ServiceAccountName: o.ServiceAccount, Template: true}
	for _, name := range o.PullSecrets {
		spec.ImagePullSecrets = append(spec.ImagePullSecrets, corev1.LocalObjectReference{Name: name})
	}
	t := target{
		item:      report.Item{Image: image},
		namespace: namespace,
		spec:      spec,
	}
	t.image.Reference = image
	setPullPolicy(&t.image.PullPolicy, image)
	return t
}
