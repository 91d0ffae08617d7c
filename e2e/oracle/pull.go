package oracle

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/klog/v2"
	defaults "k8s.io/kubernetes/pkg/apis/core/v1"
)

// Request is one image of one Pod.
type Request struct {
	// Image is the reference, as it stands in the Pod.
	Image string
	// PullPolicy is what the API server makes of an empty one, if empty.
	PullPolicy corev1.PullPolicy
	// Namespace is the Pod's; "default" if empty.
	Namespace string
	// Pod and Account are the names of the Pod and of its ServiceAccount; one of
	// its own and "default" if both are empty, and a static Pod without Account.
	Pod, Account string
	// Secrets are the Pod's pull Secrets that exist, in the Pod's order, as the
	// kubelet fetched them. Two Secrets with one UID, namespace and name are
	// one to the kubelet when it remembers who may use an image.
	Secrets []corev1.Secret
	// ImageVolume makes it a volumes[].image, which is pulled by the same path.
	ImageVolume bool
}

// Result is what became of the image.
type Result struct {
	// Pulled tells that the container could be created from it.
	Pulled bool
	// Reason is the container's waiting reason: empty, InvalidImageName,
	// ErrImageNeverPull, ErrImagePull and so on, or the raw text of an error
	// in a Secret.
	Reason string
	// Message is the container's waiting message.
	Message string
}

// Pull does what a node does before it creates a container: it makes sure that
// the image is there, and that the Pod may use it. Each call is a Pod of its own.
//
// The kubelet gives a pull as long as it makes progress, here it ends when ctx
// does, with ErrImagePull, and the message ends with the cause.
func (n *Node) Pull(ctx context.Context, r Request) Result {
	n.mu.RLock()
	defer n.mu.RUnlock()
	pod := pod(r)
	image, policy := defaulted(r)
	sandbox := &runtimeapi.PodSandboxConfig{Metadata: &runtimeapi.PodSandboxMetadata{
		Name: pod.Name, Namespace: pod.Namespace, Uid: string(pod.UID),
	}}
	// Containerd isn't told the deadline: it might run out there a moment before
	// it does here, and then nobody could tell it from a registry's time-out.
	pulling, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	pulling = klog.NewContext(pulling, n.logger)
	// Without a reference to the object, events go to the log.
	_, message, err := n.kubelet.manager.EnsureImageExists(pulling, nil, pod, image, r.Secrets, sandbox, "", policy)
	switch {
	case err == nil:
		return Result{Pulled: true}
	case ctx.Err() != nil:
		message += ": " + context.Cause(ctx).Error()
	}
	return Result{Reason: err.Error(), Message: message}
}

func pod(r Request) *corev1.Pod {
	uid := uuid.NewUUID()
	namespace := r.Namespace
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	name, account := r.Pod, r.Account
	if name == "" && account == "" {
		name, account = "pod-"+string(uid), "default"
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: uid},
		Spec:       corev1.PodSpec{ServiceAccountName: account},
	}
}

// defaulted are the reference and the policy, as the API server completes them.
func defaulted(r Request) (image string, policy corev1.PullPolicy) {
	if r.ImageVolume {
		v := corev1.Volume{VolumeSource: corev1.VolumeSource{
			Image: &corev1.ImageVolumeSource{Reference: r.Image, PullPolicy: r.PullPolicy},
		}}
		defaults.SetDefaults_Volume(&v)
		return v.Image.Reference, v.Image.PullPolicy
	}
	c := corev1.Container{Image: r.Image, ImagePullPolicy: r.PullPolicy}
	defaults.SetDefaults_Container(&c)
	return c.Image, c.ImagePullPolicy
}
