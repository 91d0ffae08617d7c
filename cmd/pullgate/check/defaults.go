package check

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/webhook/workload"
)

// setDefaults fills in what an API server does, and a verdict depends on, before
// it calls a webhook: the pull policy, and the ServiceAccount by its old name.
func setDefaults(spec *workload.PodSpec) {
	if spec.ServiceAccountName == "" {
		spec.ServiceAccountName = spec.DeprecatedServiceAccount
	}
	for i := range spec.Volumes {
		if image := spec.Volumes[i].Image; image != nil {
			setPullPolicy(&image.PullPolicy, image.Reference)
		}
	}
	for i := range spec.InitContainers {
		setPullPolicy(&spec.InitContainers[i].ImagePullPolicy, spec.InitContainers[i].Image)
	}
	for i := range spec.Containers {
		setPullPolicy(&spec.Containers[i].ImagePullPolicy, spec.Containers[i].Image)
	}
	for i := range spec.EphemeralContainers {
		setPullPolicy(&spec.EphemeralContainers[i].ImagePullPolicy, spec.EphemeralContainers[i].Image)
	}
}

// setPullPolicy completes a policy that is not given.
func setPullPolicy(policy *corev1.PullPolicy, image string) {
	if *policy == "" {
		*policy = reference.PullPolicy(image)
	}
}
