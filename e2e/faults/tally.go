package faults

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// tally is what came of many Pods.
type tally struct {
	mu        sync.Mutex
	counts    map[judgement]int
	latencies []time.Duration // of answers; a call that failed is counted as that
	examples  []string
	// blamed is how many of the unverified were told that it is for a credential
	// provider.
	blamed int
}

func newTally() *tally { return &tally{counts: map[judgement]int{}} }

// maxExamples is how many of what went wrong are told.
const maxExamples = 8

// add counts one Pod. What the API server did not take is no Pod.
func (t *tally) add(s specimen, image string, j judgement, warnings []string, err error, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[j]++
	if j == unverified && slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, "credential provider ") }) {
		t.blamed++
	}
	if j != notSent && j != failed {
		t.latencies = append(t.latencies, took)
	}
	if (j == wrong || j == failed || j == notSent) && len(t.examples) < maxExamples {
		told := "let through"
		if err != nil {
			told = err.Error()
		}
		if len(warnings) > 0 {
			told += " " + strings.Join(warnings, " ")
		}
		t.examples = append(t.examples, fmt.Sprintf("%s: %s (%s): %.400s", j, s.name, image, told))
	}
}

func (t *tally) count(j judgement) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts[j]
}

func (t *tally) blames() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.blamed
}

// pods is how many there were.
func (t *tally) pods() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.latencies) + t.counts[failed]
}

// percentile is the latency that p in a hundred Pods did not pass.
func (t *tally) percentile(p int) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.latencies) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t.latencies))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}
