package workload

import (
	corev1 "k8s.io/api/core/v1"
)

// Workload is what is read of an object that has a Pod spec.
type Workload struct {
	Spec PodSpec
	// Quiet tells that the images are not worth a look.
	Quiet bool
}

// PodSpec is what is read of a Pod spec. What is not in it nobody decodes: most of
// a Pod is something else.
type PodSpec struct {
	Volumes                  []Volume                      `json:"volumes"`
	InitContainers           []Container                   `json:"initContainers"`
	Containers               []Container                   `json:"containers"`
	EphemeralContainers      []Container                   `json:"ephemeralContainers"`
	ImagePullSecrets         []corev1.LocalObjectReference `json:"imagePullSecrets"`
	ServiceAccountName       string                        `json:"serviceAccountName"`
	DeprecatedServiceAccount string                        `json:"serviceAccount"`
	NodeName                 string                        `json:"nodeName"`
	NodeSelector             map[string]string             `json:"nodeSelector"`
	Affinity                 Affinity                      `json:"affinity"`
	RuntimeClassName         *string                       `json:"runtimeClassName"`

	// Path is where in the object it stands, such as "spec.template.spec".
	Path string `json:"-"`
	// Template tells that it is not a Pod's own: Pods will be made from it, and
	// may be changed on the way.
	Template bool `json:"-"`
}

// Container is what is read of a container of any list.
type Container struct {
	Image           string            `json:"image"`
	ImagePullPolicy corev1.PullPolicy `json:"imagePullPolicy"`
}

// Volume is what is read of a volume: its image, if it has one.
type Volume struct {
	Image *corev1.ImageVolumeSource `json:"image"`
}

// Affinity is what is read of an affinity: what a node must be.
type Affinity struct {
	NodeAffinity struct {
		Required *corev1.NodeSelector `json:"requiredDuringSchedulingIgnoredDuringExecution"`
	} `json:"nodeAffinity"`
}

// ServiceAccount is the name of the ServiceAccount that the Pods run as.
func (s PodSpec) ServiceAccount() string {
	if s.ServiceAccountName == "" {
		return "default"
	}
	return s.ServiceAccountName
}

// specOf reads a Pod spec. It shares what it points to.
func specOf(full *corev1.PodSpec, path string) PodSpec {
	s := PodSpec{
		ImagePullSecrets:         full.ImagePullSecrets,
		ServiceAccountName:       full.ServiceAccountName,
		DeprecatedServiceAccount: full.DeprecatedServiceAccount,
		NodeName:                 full.NodeName,
		NodeSelector:             full.NodeSelector,
		RuntimeClassName:         full.RuntimeClassName,
		Path:                     path,
		Template:                 path != inPod,
	}
	if a := full.Affinity; a != nil && a.NodeAffinity != nil {
		s.Affinity.NodeAffinity.Required = a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	}
	for _, v := range full.Volumes {
		s.Volumes = append(s.Volumes, Volume{Image: v.Image})
	}
	for _, c := range full.InitContainers {
		s.InitContainers = append(s.InitContainers, Container{c.Image, c.ImagePullPolicy})
	}
	for _, c := range full.Containers {
		s.Containers = append(s.Containers, Container{c.Image, c.ImagePullPolicy})
	}
	for _, c := range full.EphemeralContainers {
		s.EphemeralContainers = append(s.EphemeralContainers, Container{c.Image, c.ImagePullPolicy})
	}
	return s
}
