package faults

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	// workers is how many Pods are created at once.
	workers = 8
	// patience ends a request to the API server, long after the webhook's time.
	patience = 2 * time.Minute
	// breath is what a worker takes after a request that failed at once, so that
	// a server that is away is not all that is ever asked.
	breath = 20 * time.Millisecond
)

// creator creates a Pod, and returns the warnings that came with the answer.
type creator func(context.Context, *corev1.Pod) (warnings []string, err error)

// load is a stream of Pods.
type load struct {
	create creator
	mix    []specimen
	next   atomic.Uint64
}

// start begins the stream, which ends when stop is called or ctx is done. stop
// waits for the answers that are still to come.
func (l *load) start(ctx context.Context, t *tally) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				s := l.mix[l.next.Add(1)%uint64(len(l.mix))]
				// What has begun is waited for: it is part of the count.
				switch l.ask(context.WithoutCancel(ctx), s, s.image(), t) {
				case failed, notSent:
					time.Sleep(breath)
				}
			}
		})
	}
	return func() {
		cancel()
		wg.Wait()
	}
}

// ask creates one Pod.
func (l *load) ask(ctx context.Context, s specimen, image string, t *tally) judgement {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	begun := time.Now()
	warnings, err := l.create(ctx, s.pod(image))
	took := time.Since(begun)
	j := judge(s.pullable, warnings, err)
	t.add(s, image, j, warnings, err, took)
	return j
}

// unverifiedKinds asks once for each kind, and says which could not be verified.
func (l *load) unverifiedKinds(ctx context.Context, kinds []specimen, t *tally) error {
	var not []string
	for _, s := range kinds {
		if j := l.ask(context.WithoutCancel(ctx), s, s.image(), t); j != verified {
			not = append(not, fmt.Sprintf("%s is %s", s.name, j))
		}
	}
	if len(not) > 0 {
		return fmt.Errorf("%s", strings.Join(not, ", "))
	}
	return nil
}

// dryRun creates Pods at the API server and leaves none there: admission runs all
// the same, and etcd stays small.
func dryRun(config *rest.Config) (creator, error) {
	config.WarningHandler = nil
	config.WarningHandlerWithContext = contextWarnings{}
	config.ContentType, config.AcceptContentTypes = runtime.ContentTypeProtobuf, runtime.ContentTypeProtobuf
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, pod *corev1.Pod) ([]string, error) {
		heard := &heard{}
		_, err := client.CoreV1().Pods(pod.Namespace).Create(context.WithValue(ctx, heardKey{}, heard), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		heard.mu.Lock()
		defer heard.mu.Unlock()
		return heard.warnings, err
	}, nil
}

type heardKey struct{}

// heard are the warnings of one answer, which its context carries.
type heard struct {
	mu       sync.Mutex
	warnings []string
}

type contextWarnings struct{}

// HandleWarningHeaderWithContext keeps a warning with its request.
func (contextWarnings) HandleWarningHeaderWithContext(ctx context.Context, code int, _, text string) {
	if h, ok := ctx.Value(heardKey{}).(*heard); ok && code == 299 {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.warnings = append(h.warnings, text)
	}
}
