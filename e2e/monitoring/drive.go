package monitoring

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pullgate/pullgate/e2e/pullgate"
)

// rounds is how often each thing is done, with a scrape between: what happens
// once is there at the first scrape, and has no rate.
const rounds = 4

// failedCalls has the API server call a pullgate that is not there, with either
// failurePolicy. Fail comes first: only a rejection tells that the API server has
// begun to call.
func (s *scene) failedCalls(ctx context.Context) error {
	for _, policy := range []string{"Fail", "Ignore"} {
		rejected := policy == "Fail"
		if err := s.failurePolicy(ctx, policy); err != nil {
			return err
		}
		err := s.inRounds(ctx, func(int) error {
			return eventually(ctx, func() error {
				if err := s.pod(ctx, "registry.example.com/any:v1"); (err != nil) != rejected {
					return fmt.Errorf("with failurePolicy %s and no pullgate: %w", policy, errors.Join(errors.New("not as it should be"), err))
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *scene) failurePolicy(ctx context.Context, policy string) error {
	patch := fmt.Sprintf(`[{"op":"replace","path":"/webhooks/0/failurePolicy","value":%q}]`, policy)
	_, err := s.cluster.Client().AdmissionregistrationV1().ValidatingWebhookConfigurations().
		Patch(ctx, pullgate.WebhookConfiguration, types.JSONPatchType, []byte(patch), metav1.PatchOptions{})
	return err
}

// drive makes something of everything that is counted happen.
func (s *scene) drive(ctx context.Context) error {
	for n := range rounds {
		if _, err := s.open.Push(ctx, "acme/app", tag(n)); err != nil {
			return err
		}
	}
	if _, err := s.flaky.Push(ctx, "acme/app", tag(0)); err != nil {
		return err
	}
	if err := s.pod(ctx, flakyHost+"/acme/app:"+tag(0)); err != nil {
		return err
	}
	s.flaky.Stop()
	err := s.inRounds(ctx, func(n int) error {
		denied := s.pod(ctx, limitedHost+"/acme/missing:"+tag(n))
		if denied == nil {
			return errors.New("a Pod with a missing image is let through")
		}
		// A new one is asked for, and then known.
		for range 2 {
			if err := s.pod(ctx, limitedHost+"/acme/app:"+tag(n)); err != nil {
				return err
			}
		}
		hosts, err := s.providerHosts(n)
		if err != nil {
			return err
		}
		for _, host := range hosts {
			if err := s.pod(ctx, host+"/acme/app:"+tag(n)); err != nil {
				return err
			}
		}
		// Not one request for one image: a breaker wants to see several fail.
		for i := range 5 {
			if err := s.pod(ctx, fmt.Sprintf("%s/acme/app:%d-%d", flakyHost, n, i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.replicas[0].Configure("nonsense: 1\n")
}

func (s *scene) inRounds(ctx context.Context, do func(n int) error) error {
	for n := range rounds {
		if err := do(n); err != nil {
			return err
		}
		if err := s.scraped(ctx); err != nil {
			return err
		}
	}
	return nil
}

// scraped waits until Prometheus has scraped everything that there is once more.
func (s *scene) scraped(ctx context.Context) error {
	from := float64(time.Now().UnixMilli()) / 1000
	return eventually(ctx, func() error {
		late, err := s.server.query(ctx, fmt.Sprintf("timestamp(up) < %f or up == 0", from))
		if err == nil && len(late) > 0 {
			err = fmt.Errorf("not scraped since: %v", late)
		}
		return err
	})
}

func tag(n int) string { return fmt.Sprintf("v%d", n) }

// pod creates a Pod with an image, and says whether it was let through.
func (s *scene) pod(ctx context.Context, image string) error {
	_, err := s.cluster.Client().CoreV1().Pods(s.namespace).Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "web-"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: image}}},
	}, metav1.CreateOptions{})
	return err
}

// eventually retries until try succeeds.
func eventually(ctx context.Context, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(300 * time.Millisecond):
		}
	}
}
