package bench

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// distinctImages is how many images the warm Pods have.
const distinctImages = 200

// Creation is how Pods were created in one way.
type Creation struct {
	Name string `json:"name"`
	// PodsPerSecond, P50 and P99 (in ms) are over the rounds.
	PodsPerSecond Spread `json:"podsPerSecond"`
	P50           Spread `json:"p50_ms"`
	P99           Spread `json:"p99_ms"`
	// RateToNoOp and P99ToNoOp are held against the no-op webhook of the same round.
	RateToNoOp Spread `json:"rateToNoOp"`
	P99ToNoOp  Spread `json:"p99ToNoOp"`

	latencies []float64 // ms, of all rounds
}

// round is one round of one variant.
type round struct{ rate, p50, p99 float64 }

func (b *Bench) creation(ctx context.Context) ([]Creation, error) {
	rounds, pods := 12, 600
	if b.options.Short {
		rounds, pods = 2, 100
	}
	results := map[variant][]round{}
	latencies := map[variant][]float64{}
	// The first round is not counted: connections are made in it, and lookups.
	for n := range rounds + 1 {
		b.tell("Pod creations, round %d of %d", n, rounds)
		for k := range variants() {
			v := variants()[(n+k)%len(variants())] // nobody is always the first
			took, all, err := b.createPods(ctx, pods, func(i int) *corev1.Pod { return b.warmPod(v, i) })
			if err != nil {
				return nil, fmt.Errorf("%s: %w", v, err)
			}
			if err := b.deletePods(ctx, v); err != nil {
				return nil, err
			}
			if n > 0 {
				results[v] = append(results[v], round{float64(pods) / all.Seconds(), quantile(took, 0.5), quantile(took, 0.99)})
				latencies[v] = append(latencies[v], took...)
			}
		}
	}
	var list []Creation
	for _, v := range variants() {
		c := Creation{Name: string(v), latencies: latencies[v]}
		of := func(f func(round) float64) Spread { return spread(mapped(results[v], f)) }
		c.PodsPerSecond, c.P50, c.P99 = of(func(r round) float64 { return r.rate }), of(func(r round) float64 { return r.p50 }), of(func(r round) float64 { return r.p99 })
		var rates, p99s []float64
		for n, r := range results[v] {
			floor := results[noOp][n]
			rates, p99s = append(rates, r.rate/floor.rate), append(p99s, r.p99/floor.p99)
		}
		c.RateToNoOp, c.P99ToNoOp = spread(rates), spread(p99s)
		list = append(list, c)
	}
	return list, nil
}

func (b *Bench) warmPod(v variant, i int) *corev1.Pod {
	namespaces := b.namespaces[v]
	return podOf(namespaces[i%len(namespaces)], image(repository(i), i%distinctImages))
}

// createPods creates n Pods, several at once, and returns how long each took, in
// ms, and all of them.
func (b *Bench) createPods(ctx context.Context, n int, pod func(i int) *corev1.Pod) (took []float64, all time.Duration, err error) {
	took = make([]float64, n)
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	begun := time.Now()
	for range clients {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return nil
				}
				p := pod(i)
				start := time.Now()
				if _, err := b.client.CoreV1().Pods(p.Namespace).Create(ctx, p, metav1.CreateOptions{}); err != nil {
					return err
				}
				took[i] = ms(time.Since(start))
			}
		})
	}
	if err := group.Wait(); err != nil {
		return nil, 0, fmt.Errorf("create Pods: %w", err)
	}
	return took, time.Since(begun), nil
}

// deletePods deletes all Pods of a variant.
func (b *Bench) deletePods(ctx context.Context, v variant) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(clients)
	for _, namespace := range b.namespaces[v] {
		group.Go(func() error {
			return b.client.CoreV1().Pods(namespace).DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}, metav1.ListOptions{})
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("delete Pods: %w", err)
	}
	return nil
}
