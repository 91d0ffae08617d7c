package metrics

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/pullgate/pullgate/resolver"
)

func TestMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	m, err := New(registry)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.ObserveCache(registry, func() int { return 7 }); err != nil {
		t.Fatal(err)
	}
	m.Decided(resolver.ImageNotFound, "denied")
	m.Answered(resolver.FromCache)
	limited := http.Header{"Ratelimit-Remaining": {"98;w=21600"}}
	m.Responded("hub.example.com", 401, limited) // of nobody yet
	m.LookedUp("hub.example.com", resolver.Pullable, time.Second)
	m.Responded("hub.example.com", 200, limited)
	m.LookedUp("invented.example.com", resolver.ImageNotFound, time.Second)
	m.Responded("invented.example.com", 404, http.Header{"Ratelimit-Remaining": {"1"}})
	const want = `
# HELP pullgate_answers_total Answers for an image and a credential, by where they came from: cache, registry or stale.
# TYPE pullgate_answers_total counter
pullgate_answers_total{source="cache"} 1
# HELP pullgate_cache_entries Answers of registries that are kept.
# TYPE pullgate_cache_entries gauge
pullgate_cache_entries 7
# HELP pullgate_images_total Images of admission requests, by the reason of their verdict and by what was done about it: denied, warned, audited or allowed.
# TYPE pullgate_images_total counter
pullgate_images_total{outcome="denied",reason="ImageNotFound"} 1
# HELP pullgate_registry_ratelimit_remaining Requests that a registry still allows, as it last said in its RateLimit-Remaining header.
# TYPE pullgate_registry_ratelimit_remaining gauge
pullgate_registry_ratelimit_remaining{registry="hub.example.com"} 98
# HELP pullgate_registry_responses_total HTTP responses of registries, by registry and status class.
# TYPE pullgate_registry_responses_total counter
pullgate_registry_responses_total{code="2xx",registry="hub.example.com"} 1
pullgate_registry_responses_total{code="4xx",registry="other"} 2
`
	err = testutil.GatherAndCompare(registry, strings.NewReader(want), "pullgate_answers_total", "pullgate_cache_entries",
		"pullgate_images_total", "pullgate_registry_ratelimit_remaining", "pullgate_registry_responses_total")
	if err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	if _, err := New(registry); err == nil {
		t.Error("registered twice")
	}
}

// Who invents registries does not fill the metrics, not even with registries of
// their own.
func TestLabelsAreBounded(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	m, err := New(registry)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 10_000 {
		host := fmt.Sprintf("r%d.example.com", n)
		if n%2 == 0 {
			m.LookedUp(host, resolver.Pullable, time.Millisecond)
		}
		m.Responded(host, 200, http.Header{"Ratelimit-Remaining": {"5"}})
	}
	series, err := testutil.GatherAndCount(registry)
	if err != nil || series > 3*maxRegistries {
		t.Errorf("%d series, %v", series, err)
	}
}

func TestRateLimitRemaining(t *testing.T) {
	for header, want := range map[string]float64{"98;w=21600": 98, "5 ; w=1": 5, "0": 0, "": -1, "many": -1, "-1": -1, "1e9": -1, strings.Repeat("9", 100): -1} {
		got, ok := rateLimitRemaining(http.Header{"Ratelimit-Remaining": {header}})
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}
