package story

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// interval is the time between two Pods of a stream.
const interval = 50 * time.Millisecond

// during makes Pods, in turn a good and a bad one, while something is done. Each
// good one has to be let through, and each bad one denied: with failurePolicy
// Ignore, a call of the webhook that fails lets it through. Dry runs are called
// like any other Pod, and leave nothing to clean up.
func (s *story) during(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	result := make(chan error, 1)
	done := make(chan struct{})
	go func() { result <- s.stream(ctx, done) }()
	err := do(ctx)
	close(done)
	return errors.Join(err, <-result)
}

func (s *story) stream(ctx context.Context, done <-chan struct{}) error {
	var (
		sent    int
		slowest time.Duration
		wrong   []error
	)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			if len(wrong) > 0 {
				return fmt.Errorf("%d of %d Pods got a wrong answer; the first: %w", len(wrong), sent, wrong[0])
			}
			s.say("   %d Pods all the while, each with the right answer, the slowest after %s", sent, slowest.Round(time.Millisecond))
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		image := good
		if sent%2 == 1 {
			image = missing
		}
		sent++
		begun := time.Now()
		if err := s.ask(ctx, "default", image, image == missing); err != nil {
			wrong = append(wrong, err)
		}
		slowest = max(slowest, time.Since(begun))
	}
}

// ask creates a Pod with a dry run.
func (s *story) ask(ctx context.Context, namespace, image string, wantDenied bool) error {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "ask-"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: image}}},
	}
	_, err := s.cluster.Client().CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	isDenied := apierrors.IsForbidden(err) && strings.Contains(err.Error(), "pods.pullgate.dev")
	switch {
	case err != nil && !isDenied:
		return fmt.Errorf("%s: %w", image, err)
	case isDenied != wantDenied:
		return fmt.Errorf("%s: denied %t, want %t", image, isDenied, wantDenied)
	default:
		return nil
	}
}
