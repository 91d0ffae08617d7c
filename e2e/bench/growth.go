package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/e2e/pullgate"
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

// subject is a size to measure at, and what the cost is measured of.
type subject struct {
	size     int
	server   *pullgate.Server
	reviewer *reviewer
	pod      func() *corev1.Pod
}

// of is for a size of Pods that the one pullgate is asked about.
func (b *Bench) of(size int, pod func() *corev1.Pod) subject {
	return subject{size: size, server: b.server, reviewer: b.reviewer, pod: pod}
}

// costs measures warm requests, one at a time, in rounds in which each size has its
// turn: a machine that is slower for a minute is so for all of them.
func (b *Bench) costs(ctx context.Context, subjects ...subject) ([]Point, error) {
	rounds, times := 7, 300
	if b.options.Short {
		rounds, times = 2, 20
	}
	medians, cpus := make([][]float64, len(subjects)), make([][]float64, len(subjects))
	for n := range rounds + 1 {
		for _, i := range rand.Perm(len(subjects)) { //nolint:gosec // no secret
			median, cpu, err := subjects[i].ask(ctx, times)
			if err != nil {
				return nil, err
			}
			if n > 0 { // all is known from the first on
				medians[i], cpus[i] = append(medians[i], median), append(cpus[i], cpu)
			}
		}
	}
	var points []Point
	for i, s := range subjects {
		points = append(points, Point{Size: s.size, Time: spread(medians[i]), CPU: spread(cpus[i])})
	}
	return points, nil
}

// ask asks some times, and returns the median of what the caller waited, and the
// CPU time of a request, in ms.
func (s subject) ask(ctx context.Context, times int) (median, cpu float64, err error) {
	before, err := cpuOf(s.server.Pid())
	if err != nil {
		return 0, 0, err
	}
	var took []float64
	for range times {
		d, err := s.reviewer.ask(ctx, s.pod())
		if err != nil {
			return 0, 0, err
		}
		took = append(took, ms(d))
	}
	after, err := cpuOf(s.server.Pid())
	return quantile(took, 0.5), 1000 * (after - before) / float64(times), err
}

// same is one Pod again and again.
func same(pod *corev1.Pod) func() *corev1.Pod { return func() *corev1.Pod { return pod } }

func (b *Bench) growOfPod(ctx context.Context) (list []Growth, err error) {
	namespace := b.namespaces[warm][0]
	containers, secrets := Growth{Of: "containers in the Pod"}, Growth{Of: "pull Secrets of the Pod"}
	var subjects []subject
	b.tell("the cost of a request as its Pod grows")
	for _, n := range []int{1, 2, 5, 10, 20, 50} {
		var images []string
		for i := range n {
			images = append(images, image(repository(0), i))
		}
		subjects = append(subjects, b.of(n, same(podOf(namespace, images...))))
	}
	if containers.Points, err = b.costs(ctx, subjects...); err != nil {
		return nil, err
	}
	for n := range 19 {
		if err := b.newSecret(ctx, namespace, fmt.Sprint("other-", n), dockerConfig(fmt.Sprintf("other-%d.example.com", n))); err != nil {
			return nil, err
		}
	}
	subjects = nil
	for _, n := range []int{1, 2, 5, 10, 20} {
		pod := podOf(namespace, image(repository(0), 0))
		for i := range n - 1 {
			pod.Spec.ImagePullSecrets = append(pod.Spec.ImagePullSecrets, corev1.LocalObjectReference{Name: fmt.Sprint("other-", i)})
		}
		subjects = append(subjects, b.of(n, same(pod)))
	}
	if secrets.Points, err = b.costs(ctx, subjects...); err != nil {
		return nil, err
	}
	return []Growth{containers, secrets}, nil
}

// growOfCache measures with more and more images known, of as many pullgates side by
// side, and then the memory, in MiB, of the one that knows most.
func (b *Bench) growOfCache(ctx context.Context) (g Growth, rss float64, err error) {
	sizes := []int{100, 1000, 10_000, 100_000}
	if b.options.Short {
		sizes = []int{100, 1000}
	}
	g.Of = "images known"
	namespace, repo := b.namespaces[warm][0], repository(0)
	var subjects []subject
	for n, size := range sizes {
		s := b.of(size, func() *corev1.Pod {
			recent := min(size, 5000) // what was learned last is fresh until the end
			var images []string
			for range 3 {
				images = append(images, image(repo, size-1-rand.IntN(recent))) //nolint:gosec // no secret
			}
			return podOf(namespace, images...)
		})
		if n < len(sizes)-1 {
			o := b.pullgateOptions(pullgate.Options{})
			o.Port = 0 // the API server calls the other one
			if s.server, err = pullgate.Start(ctx, b.cluster, o); err != nil {
				return g, 0, err
			}
			defer s.server.Stop()
			if s.reviewer, err = b.newReviewer(ctx, s.server); err != nil {
				return g, 0, err
			}
		}
		b.tell("learning %d images", size)
		if err := s.reviewer.learn(ctx, namespace, repo, size); err != nil {
			return g, 0, err
		}
		subjects = append(subjects, s)
	}
	b.tell("the cost of a request with up to %d images known", sizes[len(sizes)-1])
	if g.Points, err = b.costs(ctx, subjects...); err != nil {
		return g, 0, err
	}
	if err := b.sleep(ctx, 20*time.Second); err != nil {
		return g, 0, err
	}
	rss, err = b.rss()
	return g, rss, err
}

// learn asks for a number of images, many in a Pod.
func (r *reviewer) learn(ctx context.Context, namespace, repo string, count int) error {
	const perPod = 100
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range 4 {
		group.Go(func() error {
			for {
				begin := int(next.Add(perPod)) - perPod
				if begin >= count {
					return nil
				}
				var images []string
				for i := begin; i < min(begin+perPod, count); i++ {
					images = append(images, image(repo, i))
				}
				if _, err := r.ask(ctx, podOf(namespace, images...)); err != nil {
					return fmt.Errorf("learn images: %w", err)
				}
			}
		})
	}
	return group.Wait()
}
