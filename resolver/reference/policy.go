package reference

import (
	distribution "github.com/distribution/reference"
	corev1 "k8s.io/api/core/v1"
)

// PullPolicy is the policy that an API server gives a container, or an image
// volume, without one: Always for the tag latest, named or implied, whatever digest
// follows it (C06), and IfNotPresent for all else, what is no reference included.
func PullPolicy(image string) corev1.PullPolicy {
	if len(image) > MaxLength {
		return corev1.PullIfNotPresent
	}
	named, err := distribution.ParseNormalizedNamed(image)
	if err != nil {
		return corev1.PullIfNotPresent
	}
	// Only what has neither tag nor digest is given a tag.
	if tagged, ok := distribution.TagNameOnly(named).(distribution.Tagged); ok && tagged.Tag() == "latest" {
		return corev1.PullAlways
	}
	return corev1.PullIfNotPresent
}
