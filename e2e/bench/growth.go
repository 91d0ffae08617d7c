package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
)

// Growth is what a request costs as something grows.
type Growth struct {
	Of     string  `json:"of"`
	Points []Point `json:"points"`
}

// Point is the cost at one size.
type Point struct {
	Size int `json:"size"`
	// Time is what a caller waits, and CPU what pullgate computes, both in ms, over
	// the rounds.
	Time Spread `json:"time_ms"`
	CPU  Spread `json:"cpu_ms"`
}

// cost measures warm requests for Pods, one at a time.
func (b *Bench) cost(ctx context.Context, size int, pod func() *corev1.Pod) (p Point, err error) {
	rounds, times := 7, 300
	if b.options.Short {
		rounds, times = 2, 20
	}
	p.Size = size
	var medians, cpus []float64
	for n := range rounds + 1 {
		before, err := b.cpu()
		if err != nil {
			return p, err
		}
		var took []float64
		for range times {
			d, err := b.reviewer.ask(ctx, pod())
			if err != nil {
				return p, err
			}
			took = append(took, ms(d))
		}
		after, err := b.cpu()
		if err != nil {
			return p, err
		}
		if n > 0 { // all is known from the first on
			medians, cpus = append(medians, quantile(took, 0.5)), append(cpus, 1000*(after-before)/float64(times))
		}
	}
	p.Time, p.CPU = spread(medians), spread(cpus)
	return p, nil
}

// same is one Pod again and again.
func same(pod *corev1.Pod) func() *corev1.Pod { return func() *corev1.Pod { return pod } }

func (b *Bench) growOfPod(ctx context.Context) (list []Growth, err error) {
	namespace := b.namespaces[warm][0]
	containers, secrets := Growth{Of: "containers in the Pod"}, Growth{Of: "pull Secrets of the Pod"}
	b.tell("the cost of a request as its Pod grows")
	for _, n := range []int{1, 2, 5, 10, 20, 50} {
		var images []string
		for i := range n {
			images = append(images, image(repository(0), i))
		}
		p, err := b.cost(ctx, n, same(podOf(namespace, images...)))
		if err != nil {
			return nil, err
		}
		containers.Points = append(containers.Points, p)
	}
	for n := range 19 {
		if err := b.newSecret(ctx, namespace, fmt.Sprint("other-", n), dockerConfig(fmt.Sprintf("other-%d.example.com", n))); err != nil {
			return nil, err
		}
	}
	for _, n := range []int{1, 2, 5, 10, 20} {
		pod := podOf(namespace, image(repository(0), 0))
		for i := range n - 1 {
			pod.Spec.ImagePullSecrets = append(pod.Spec.ImagePullSecrets, corev1.LocalObjectReference{Name: fmt.Sprint("other-", i)})
		}
		p, err := b.cost(ctx, n, same(pod))
		if err != nil {
			return nil, err
		}
		secrets.Points = append(secrets.Points, p)
	}
	return []Growth{containers, secrets}, nil
}

// growOfCache measures with more and more images known, and then the memory, in
// MiB, that they take.
func (b *Bench) growOfCache(ctx context.Context) (g Growth, rss float64, err error) {
	sizes := []int{100, 1000, 10_000, 100_000}
	if b.options.Short {
		sizes = []int{100, 1000}
	}
	g.Of = "images known"
	namespace, repo := b.namespaces[warm][0], repository(0)
	known := 0
	for _, size := range sizes {
		b.tell("the cost of a request with %d images known", size)
		if err := b.learn(ctx, namespace, repo, known, size); err != nil {
			return g, 0, err
		}
		known = size
		// What was learned for this round is still fresh.
		recent := min(size, 5000)
		p, err := b.cost(ctx, size, func() *corev1.Pod {
			var images []string
			for range 3 {
				images = append(images, image(repo, size-1-rand.IntN(recent))) //nolint:gosec // no secret
			}
			return podOf(namespace, images...)
		})
		if err != nil {
			return g, 0, err
		}
		g.Points = append(g.Points, p)
	}
	if err := b.sleep(ctx, 20*time.Second); err != nil {
		return g, 0, err
	}
	rss, err = b.rss()
	return g, rss, err
}

// learn asks for images from one number up to another, many in a Pod.
func (b *Bench) learn(ctx context.Context, namespace, repo string, from, to int) error {
	const perPod = 100
	var next atomic.Int64
	next.Store(int64(from))
	group, ctx := errgroup.WithContext(ctx)
	for range 4 {
		group.Go(func() error {
			for {
				begin := int(next.Add(perPod)) - perPod
				if begin >= to {
					return nil
				}
				var images []string
				for i := begin; i < min(begin+perPod, to); i++ {
					images = append(images, image(repo, i))
				}
				if _, err := b.reviewer.ask(ctx, podOf(namespace, images...)); err != nil {
					return fmt.Errorf("learn images: %w", err)
				}
			}
		})
	}
	return group.Wait()
}
