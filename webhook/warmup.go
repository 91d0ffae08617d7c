package webhook

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/time/rate"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/pullgate/pullgate/webhook/workload"
)

const (
	// warmUpPace is how many images a second are looked up: a registry must not
	// notice that a replica started.
	warmUpPace = 10
	// warmUpPage is how many Pods are read at once.
	warmUpPage = 500
	// warmUpTimeout is for one Pod's images.
	warmUpTimeout = 10 * time.Second
)

// WarmUp looks up the images of the Pods that run, before anybody asks for them:
// when a registry is down, what runs must be known. It is a manager's Runnable.
type WarmUp struct {
	// Live reads Pods without a cache: they are read once, in pages.
	Live client.Reader
	// Examiner looks the images up; what it learns, its Checker remembers.
	Examiner Examiner
	// Config says what is exempt.
	Config Config
}

// Start looks all images up, and returns when that is done or ctx is. What goes
// wrong is logged, and no reason to stop.
func (w *WarmUp) Start(ctx context.Context) error {
	logger := log.FromContext(ctx).WithName("warm-up")
	images, err := w.run(ctx)
	if ctx.Err() == nil {
		logger.Info("looked up the images of the Pods that run", "images", images, "error", err)
	}
	return nil
}

// run looks all images up, and returns how many there were.
func (w *WarmUp) run(ctx context.Context) (images int, err error) {
	known := map[string]bool{}
	pace := rate.NewLimiter(warmUpPace, 1)
	for next := ""; ; {
		var pods corev1.PodList
		if err := w.Live.List(ctx, &pods, client.Limit(warmUpPage), client.Continue(next)); err != nil {
			return len(known), fmt.Errorf("list the Pods: %w", err)
		}
		for i := range pods.Items {
			if err := w.lookUp(ctx, &pods.Items[i], known, pace); err != nil {
				return len(known), err
			}
		}
		if next = pods.Continue; next == "" {
			return len(known), nil
		}
	}
}

// NeedLeaderElection is false: each replica has a cache of its own.
func (*WarmUp) NeedLeaderElection() bool { return false }

// lookUp looks up the images of a Pod that are not known yet, a few a second.
func (w *WarmUp) lookUp(ctx context.Context, pod *corev1.Pod, known map[string]bool, pace *rate.Limiter) error {
	seen := workload.Of(pod)
	if seen.Quiet || w.Config.Exemptions.namespace(pod.Namespace) {
		return nil
	}
	s := Subject{Namespace: pod.Namespace, Spec: seen.Spec}
	for _, i := range w.Config.worthChecking(s.Spec.Images(), false) {
		// Another tenant's credentials are another look-up.
		key := i.Reference
		if names := secretNames(s.Spec.ImagePullSecrets); len(names) > 0 {
			key = fmt.Sprintf("%s %s/%s", i.Reference, pod.Namespace, strings.Join(names, ","))
		}
		if known[key] {
			continue
		}
		known[key] = true
		if err := pace.Wait(ctx); err != nil {
			return err
		}
		s.Images = []workload.Image{i}
		one, cancel := context.WithTimeout(ctx, warmUpTimeout)
		w.Examiner.Examine(one, s, false)
		cancel()
	}
	return ctx.Err()
}
