package story

import (
	"context"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// pulls hears of every state of every Pod, and remembers those that could not pull
// an image.
type pulls struct {
	stop context.CancelFunc

	mu       sync.Mutex
	allowed  map[string]bool
	failures []string
}

// watchPulls watches until stop.
func watchPulls(ctx context.Context, client kubernetes.Interface) (*pulls, error) {
	ctx, stop := context.WithCancel(ctx)
	p := &pulls{stop: stop, allowed: map[string]bool{}}
	factory := informers.NewSharedInformerFactory(client, 0)
	informer := factory.Core().V1().Pods().Informer()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    p.look,
		UpdateFunc: func(_, now any) { p.look(now) },
	})
	if err != nil {
		stop()
		return nil, fmt.Errorf("watch Pods: %w", err)
	}
	factory.StartWithContext(ctx)
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		stop()
		return nil, fmt.Errorf("watch Pods: %w", context.Cause(ctx))
	}
	return p, nil
}

// allow is for a namespace in which Pods may fail: nobody keeps them from it.
func (p *pulls) allow(namespace string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowed[namespace] = true
}

// look notes what is wrong with a Pod.
func (p *pulls) look(object any) {
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return
	}
	reason := notPulled(pod)
	p.mu.Lock()
	defer p.mu.Unlock()
	if reason != "" && !p.allowed[pod.Namespace] {
		p.failures = append(p.failures, fmt.Sprintf("Pod %s/%s: %s", pod.Namespace, pod.Name, reason))
	}
}

// notPulled is the reason that one of a Pod's containers waits for an image, "" if
// none does.
func notPulled(pod *corev1.Pod) string {
	for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses, pod.Status.EphemeralContainerStatuses) {
		if w := status.State.Waiting; w != nil && slices.Contains([]string{"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}, w.Reason) {
			return w.Reason + ": " + status.Image
		}
	}
	return ""
}

// failed is an error if a Pod could not pull an image since it was last asked.
func (p *pulls) failed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.failures) == 0 {
		return nil
	}
	err := fmt.Errorf("%d times a Pod failed that should never have been: %s", len(p.failures), p.failures[0])
	p.failures = nil
	return err
}
