package oracle

import (
	"context"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	internalapi "k8s.io/cri-api/pkg/apis"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/kubernetes/pkg/credentialprovider"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
)

// criRuntime is what the image manager pulls with. In the kubelet that is the
// manager of Pods and containers, which can't be had without all the rest of a
// node; so this does what its kuberuntime_image.go does, and no more: one pull
// for each credential, in order, until one succeeds; a single pull without any
// when there is none; whatever the error, the next credential's turn.
type criRuntime struct {
	// The rest of the interface is for who lists and deletes images. It is nil:
	// the image manager does neither.
	kubecontainer.ImageService
	service internalapi.ImageManagerService
}

// PullImage pulls with the first credential that succeeds, and says which.
func (r criRuntime) PullImage(
	ctx context.Context, image kubecontainer.ImageSpec,
	credentials []credentialprovider.TrackedAuthConfig, sandbox *runtimeapi.PodSandboxConfig,
) (string, *credentialprovider.TrackedAuthConfig, error) {
	if len(credentials) == 0 {
		ref, err := r.service.PullImage(ctx, criSpec(image), nil, sandbox)
		return ref, nil, err
	}
	var failures []error
	for i := range credentials {
		c := &credentials[i]
		ref, err := r.service.PullImage(ctx, criSpec(image), &runtimeapi.AuthConfig{
			Username:      c.Username,
			Password:      c.Password,
			Auth:          c.Auth,
			ServerAddress: c.ServerAddress,
			IdentityToken: c.IdentityToken,
			RegistryToken: c.RegistryToken,
		}, sandbox)
		if err == nil {
			return ref, c, nil
		}
		failures = append(failures, err)
	}
	return "", nil, utilerrors.NewAggregate(failures)
}

// GetImageRef is the ID of an image on the node, empty if it isn't there.
func (r criRuntime) GetImageRef(ctx context.Context, image kubecontainer.ImageSpec) (string, error) {
	resp, err := r.service.ImageStatus(ctx, criSpec(image), false)
	return resp.GetImage().GetId(), err
}

// GetImageSize is the size of an image on the node.
func (r criRuntime) GetImageSize(ctx context.Context, image kubecontainer.ImageSpec) (uint64, error) {
	resp, err := r.service.ImageStatus(ctx, criSpec(image), false)
	return resp.GetImage().GetSize(), err
}

// criSpec names an image as the kubelet names it to the runtime. Pods here have
// neither annotations nor a runtime handler.
func criSpec(image kubecontainer.ImageSpec) *runtimeapi.ImageSpec {
	return &runtimeapi.ImageSpec{Image: image.Image, Annotations: map[string]string{}}
}
