package conformance

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pod is a Pod with the image in the place that the shape says. Where it has
// another container, that one's image is good.
func (st *stage) pod(shape Shape, image string) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "pod-"},
		Spec: corev1.PodSpec{
			NodeSelector:  map[string]string{poolLabel: string(st.pool())},
			RestartPolicy: corev1.RestartPolicyAlways,
		},
	}
	for _, name := range st.names {
		p.Spec.ImagePullSecrets = append(p.Spec.ImagePullSecrets, corev1.LocalObjectReference{Name: name})
	}
	c := corev1.Container{Name: "app", Image: image, ImagePullPolicy: st.try.Policy}
	companion := corev1.Container{Name: "good", Image: st.goodImage()}
	always := corev1.ContainerRestartPolicyAlways
	switch shape {
	case InitContainer:
		p.Spec.InitContainers = []corev1.Container{c}
		p.Spec.Containers = []corev1.Container{companion}
	case Sidecar:
		c.RestartPolicy = &always
		p.Spec.InitContainers = []corev1.Container{c}
		p.Spec.Containers = []corev1.Container{companion}
	case Volume:
		companion.VolumeMounts = []corev1.VolumeMount{{Name: "image", MountPath: "/image"}}
		p.Spec.Containers = []corev1.Container{companion}
		p.Spec.Volumes = []corev1.Volume{{Name: "image", VolumeSource: corev1.VolumeSource{
			Image: &corev1.ImageVolumeSource{Reference: image, PullPolicy: st.try.Policy},
		}}}
	case Resize:
		c.Resources = cpu("100m")
		p.Spec.Containers = []corev1.Container{c}
	case MirrorPod:
		p.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: "static"}
		p.Spec.NodeName = listingNode
		p.Spec.NodeSelector, p.Spec.ImagePullSecrets = nil, nil
		p.Spec.Containers = []corev1.Container{c}
	default:
		p.Spec.Containers = []corev1.Container{c}
	}
	return p
}

func (st *stage) pool() Pool {
	if st.try.Pool == "" {
		return AMD64
	}
	return st.try.Pool
}

func cpu(quantity string) corev1.ResourceRequirements {
	list := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(quantity)}
	return corev1.ResourceRequirements{Requests: list, Limits: list}
}

func (st *stage) deployment() *appsv1.Deployment {
	labels := map[string]string{"app": "app"}
	p := st.pod(Container, st.image)
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "deployment-"},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: p.Spec},
		},
	}
}
