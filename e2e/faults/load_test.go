package faults

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// The stream against what is known to be wrong: each defect is counted, and as what
// it is.
func TestLoadCounts(t *testing.T) {
	good := specimen{name: "good", namespace: "a", image: func() string { return "good" }, pullable: true, weight: 3}
	bad := specimen{name: "bad", namespace: "a", image: func() string { return "bad" }, weight: 1}
	denial := denied(`admission webhook "pods.pullgate.dev" denied the request: no`)
	tests := map[string]struct {
		answer creator
		want   map[judgement]bool
		misses string
	}{
		"right": {func(_ context.Context, p *corev1.Pod) ([]string, error) {
			if p.Spec.Containers[0].Image == "bad" {
				return nil, denial
			}
			return nil, nil
		}, map[judgement]bool{verified: true}, ""},
		"lets all through": {func(context.Context, *corev1.Pod) ([]string, error) { return nil, nil }, map[judgement]bool{verified: true, wrong: true}, "wrong verdicts"},
		"denies all":       {func(context.Context, *corev1.Pod) ([]string, error) { return nil, denial }, map[judgement]bool{verified: true, wrong: true}, "wrong verdicts"},
		"is away":          {func(context.Context, *corev1.Pod) ([]string, error) { return nil, context.DeadlineExceeded }, map[judgement]bool{notSent: true}, "did not take"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var pods atomic.Int64
			l := &load{mix: mix([]specimen{good, bad}), create: func(ctx context.Context, p *corev1.Pod) ([]string, error) {
				pods.Add(1)
				time.Sleep(time.Millisecond)
				return tc.answer(ctx, p)
			}}
			counted := newTally()
			stop := l.start(t.Context(), counted)
			for pods.Load() < 20*workers { // until each kind had its turn
				time.Sleep(time.Millisecond)
			}
			stop()
			total := 0
			for _, j := range []judgement{verified, unverified, wrong, failed, notSent} {
				n := counted.count(j)
				total += n
				if (n > 0) != tc.want[j] {
					t.Errorf("%d are %s", n, j)
				}
			}
			if int64(total) != pods.Load() {
				t.Errorf("%d counted of %d", total, pods.Load())
			}
			row := Row{deadline: time.Hour}
			row.count(counted)
			if got := strings.Join(row.misses(), "; "); tc.misses == "" && got != "" || !strings.Contains(got, tc.misses) {
				t.Errorf("misses: %q, want %q", got, tc.misses)
			}
			err := l.unverifiedKinds(t.Context(), []specimen{good, bad}, newTally())
			if (err == nil) != (tc.misses == "") {
				t.Errorf("unverifiedKinds: %v", err)
			}
		})
	}
}

func TestMixIsDealtByWeight(t *testing.T) {
	dealt := mix([]specimen{{name: "a", weight: 3}, {name: "b", weight: 1}})
	count := map[string]int{}
	for _, s := range dealt {
		count[s.name]++
	}
	if count["a"] != 3 || count["b"] != 1 {
		t.Errorf("dealt %v", count)
	}
}

// A Pod that is told of a credential provider is one that is not verified.
func TestTallyBlames(t *testing.T) {
	counted := newTally()
	for _, tc := range []struct {
		is      judgement
		warning string
	}{
		{unverified, `image "a" not verified: credential provider "brief" failed here: it did not answer in time`},
		{unverified, `image "a" not verified: r.io does not answer`},
		{verified, `credential provider "brief"`},
	} {
		counted.add(specimen{}, "a", tc.is, []string{"something", tc.warning}, nil, 0)
	}
	if got := counted.blames(); got != 1 {
		t.Errorf("%d blamed, want 1", got)
	}
}
