package oracle

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/flowcontrol"
	internalapi "k8s.io/cri-api/pkg/apis"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/credentialprovider"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	"k8s.io/kubernetes/pkg/kubelet/images"
	"k8s.io/kubernetes/pkg/kubelet/images/pullmanager"
)

// The kubelet's own back-off after a failed pull. It counts per Pod, and each
// pull here is a new Pod's, so it never applies.
const (
	backOff    = 10 * time.Second
	maxBackOff = 5 * time.Minute
)

// The sizes that a kubelet with maxPods 110 gives its records of pulls, except
// that there are as many locks as there can be.
const (
	intentCache = 2 * 110
	recordCache = 5 * 110
	locks       = 31
)

// kubelet is the part of the kubelet that pulls images.
type kubelet struct {
	manager images.ImageManager
	records pullmanager.PullRecordsAccessor
}

// ownership is whose images are, and what the node brings itself.
type ownership struct {
	policy  kubeletconfig.ImagePullCredentialsVerificationPolicy
	keyring credentialprovider.DockerKeyring
}

// asIs is how it is out of the box.
func asIs() ownership {
	return ownership{policy: kubeletconfig.NeverVerifyPreloadedImages, keyring: credentialprovider.UnionDockerKeyring{}}
}

// newKubelet wires the image manager as the kubelet does
// (pkg/kubelet/kuberuntime, NewKubeGenericRuntimeManager), with the defaults of
// its configuration but for these:
//
//   - pulls are not limited: neither serialized nor by registryPullQPS;
//   - the node has no credentials of its own but those it is given: the kubelet
//     would look for a config.json in the home folder of whoever runs this.
func newKubelet(ctx context.Context, service internalapi.ImageManagerService, dir string, own ownership) (*kubelet, error) {
	logger := klog.FromContext(ctx)
	policy, err := pullmanager.NewImagePullCredentialVerificationPolicy(own.policy, nil)
	if err != nil {
		return nil, fmt.Errorf("kubelet: %w", err)
	}
	files, err := pullmanager.NewFSPullRecordsAccessor(logger, dir)
	if err != nil {
		return nil, fmt.Errorf("kubelet: %w", err)
	}
	records := pullmanager.NewCachedPullRecordsAccessor(logger, files, intentCache, recordCache, locks)
	runtime := criRuntime{service: service}
	pulls, err := pullmanager.NewImagePullManager(ctx, records, policy, runtime, locks)
	if err != nil {
		return nil, fmt.Errorf("kubelet: %w", err)
	}
	manager := images.NewImageManager(
		&record.FakeRecorder{},
		own.keyring,
		runtime,
		pulls,
		flowcontrol.NewBackOff(backOff, maxBackOff),
		false, // serialized
		nil,   // as many at once as there are
		0, 0,  // as many a second as there are
		nobody{},
	)
	return &kubelet{manager: manager, records: records}, nil
}

// nobody wants to know how long Pods wait for their images.
type nobody struct{}

// RecordImageStartedPulling does nothing.
func (nobody) RecordImageStartedPulling(types.UID) {}

// RecordImageFinishedPulling does nothing.
func (nobody) RecordImageFinishedPulling(types.UID) {}
