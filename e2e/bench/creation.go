package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
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
	// MeanRateToNoOp has its standard error beside it: rounds differ by several
	// percent, mostly since the machine is now faster, now slower.
	MeanRateToNoOp Mean `json:"meanRateToNoOp"`
	// CPU and APIServerCPU are what the processes took for a Pod, in µs.
	CPU          Spread `json:"webhookCPU_us"`
	APIServerCPU Spread `json:"apiServerCPU_us"`

	latencies []float64 // ms, of all rounds
}

// round is what came of one variant in one round.
type round struct {
	pods      int
	took      time.Duration
	cpu       float64 // of the webhook's process, in seconds
	apiServer float64 // the same of the API server's
	latencies []float64
}

func (r round) rate() float64       { return float64(r.pods) / r.took.Seconds() }
func (r round) p(q float64) float64 { return quantile(r.latencies, q) }

// each is what a Pod took of some seconds, in µs.
func (r round) each(seconds float64) float64 { return seconds * 1e6 / float64(r.pods) }

func (r *round) add(more round) {
	r.pods, r.took, r.cpu, r.apiServer = r.pods+more.pods, r.took+more.took, r.cpu+more.cpu, r.apiServer+more.apiServer
	r.latencies = append(r.latencies, more.latencies...)
}

// variantsIn are the variants that have a turn: those that a target is about have one
// each time, the others every fifth time.
func variantsIn(turn int) []variant {
	if turn%5 > 0 {
		return []variant{noOp, warm}
	}
	return variants()
}

// creation creates Pods in rounds, and in each in short turns, whose order is drawn:
// what else the machine does in a minute then meets all variants alike.
func (b *Bench) creation(ctx context.Context) ([]Creation, error) {
	rounds, turns, pods := 40, 20, 150
	if b.options.Short {
		rounds, turns, pods = 2, 1, 100
	}
	results := map[variant][]round{}
	// The first round is not counted: connections are made in it, and lookups.
	for n := range rounds + 1 {
		b.tell("Pod creations, round %d of %d", n, rounds)
		of := map[variant]*round{}
		for t := range turns {
			has := variantsIn(t)
			for _, k := range rand.Perm(len(has)) { //nolint:gosec // no secret
				v := has[k]
				r, err := b.turn(ctx, v, pods)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", v, err)
				}
				if of[v] == nil {
					of[v] = &round{}
				}
				of[v].add(r)
			}
		}
		for v, r := range of {
			if err := b.deletePods(ctx, v); err != nil {
				return nil, err
			}
			if n > 0 {
				results[v] = append(results[v], *r)
			}
		}
	}
	var list []Creation
	for _, v := range variants() {
		list = append(list, creationIn(v, results[v], results[noOp]))
	}
	return list, nil
}

func creationIn(v variant, rounds, floor []round) Creation {
	c := Creation{
		Name:          string(v),
		PodsPerSecond: spread(mapped(rounds, round.rate)),
		P50:           spread(mapped(rounds, func(r round) float64 { return r.p(0.5) })),
		P99:           spread(mapped(rounds, func(r round) float64 { return r.p(0.99) })),
		CPU:           spread(mapped(rounds, func(r round) float64 { return r.each(r.cpu) })),
		APIServerCPU:  spread(mapped(rounds, func(r round) float64 { return r.each(r.apiServer) })),
	}
	var rates, p99s []float64
	for n, r := range rounds {
		c.latencies = append(c.latencies, r.latencies...)
		rates, p99s = append(rates, r.rate()/floor[n].rate()), append(p99s, r.p(0.99)/floor[n].p(0.99))
	}
	c.RateToNoOp, c.P99ToNoOp, c.MeanRateToNoOp = spread(rates), spread(p99s), mean(rates)
	return c
}

// turn creates n Pods in one way.
func (b *Bench) turn(ctx context.Context, v variant, n int) (r round, err error) {
	return b.turnOf(ctx, v, n, func(i int) *corev1.Pod { return b.warmPod(v, i) })
}

// turnOf creates n Pods of a variant's namespaces.
func (b *Bench) turnOf(ctx context.Context, v variant, n int, pod func(i int) *corev1.Pod) (r round, err error) {
	before, err := b.cpuOfTurn(v)
	if err != nil {
		return r, err
	}
	if r.latencies, r.took, err = b.createPods(ctx, n, pod); err != nil {
		return r, err
	}
	after, err := b.cpuOfTurn(v)
	r.pods, r.cpu, r.apiServer = n, after.cpu-before.cpu, after.apiServer-before.apiServer
	return r, err
}

// cpuOfTurn is the CPU time that the processes of a variant have had.
func (b *Bench) cpuOfTurn(v variant) (r round, err error) {
	if r.apiServer, err = cpuOf(b.cluster.APIServer().Pid()); err != nil {
		return r, err
	}
	switch v {
	case none:
	case noOp:
		r.cpu, err = cpuOf(b.noOp.Pid())
	default:
		r.cpu, err = b.cpu()
	}
	return r, err
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
