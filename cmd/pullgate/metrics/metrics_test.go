package metrics

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/webhook"
)

func TestMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	m, err := New(registry)
	if err != nil {
		t.Fatal(err)
	}
	checker, err := resolver.New(resolver.DefaultConfig(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.ObserveResolver(registry, func() *resolver.Resolver { return checker }); err != nil {
		t.Fatal(err)
	}
	m.Decided(resolver.Verdict{Reason: resolver.ImageNotFound, Class: resolver.ClassDefinite}, webhook.Denied)
	m.Answered(resolver.FromCache)
	m.Handled(webhook.Denied, time.Second, 4*time.Second)
	m.Handled(webhook.Refused, time.Millisecond, 0)
	limited := http.Header{"Ratelimit-Remaining": {"98;w=21600"}, "Ratelimit-Limit": {"100;w=21600"}}
	m.Responded("hub.example.com", 401, limited) // of nobody yet
	m.LookedUp("hub.example.com", resolver.Pullable, time.Second)
	m.Responded("hub.example.com", 200, limited)
	m.Responded("hub.example.com", 0, nil)
	m.LookedUp("invented.example.com", resolver.ImageNotFound, time.Second)
	m.Responded("invented.example.com", 404, http.Header{"Ratelimit-Remaining": {"1"}})
	for series, want := range map[string]string{
		"pullgate_answers_total":                `{source="cache"} 1,{source="registry"} 0,{source="stale"} 0`,
		"pullgate_cache_entries":                ` 0`,
		"pullgate_cache_entries_limit":          ` 100000`,
		"pullgate_images_total":                 `{class="definite",outcome="denied",reason="ImageNotFound"} 1,{class="unverified",outcome="warned",reason="InternalError"} 0,{class="unverified",outcome="warned",reason="Overloaded"} 0`,
		"pullgate_registry_breaker_open":        `{registry="hub.example.com"} 0`,
		"pullgate_registry_ratelimit_remaining": `{registry="hub.example.com"} 98`,
		"pullgate_registry_ratelimit_limit":     `{registry="hub.example.com"} 100`,
		"pullgate_registry_requests_total":      `{code="2xx",registry="hub.example.com"} 1,{code="error",registry="hub.example.com"} 1,{code="4xx",registry="other"} 2`,
		"pullgate_request_budget_seconds":       ` 4`,
	} {
		wantSeries(t, registry, series, want)
	}
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	if _, err := New(registry); err == nil {
		t.Error("registered twice")
	}
}

// wantSeries compares the samples of a metric, each as it is exposed without the
// metric's name.
func wantSeries(t *testing.T, registry prometheus.Gatherer, name, want string) {
	t.Helper()
	text, err := testutil.GatherAndFormat(registry, expfmt.TypeTextPlain, name)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(text)) {
		if sample, ok := strings.CutPrefix(strings.TrimSpace(line), name); ok {
			got = append(got, sample)
		}
	}
	wanted := strings.Split(want, ",{")
	for n := range wanted[1:] {
		wanted[n+1] = "{" + wanted[n+1]
	}
	slices.Sort(got)
	slices.Sort(wanted)
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
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
		m.Responded(host, 200, http.Header{"Ratelimit-Remaining": {"5"}, "Ratelimit-Limit": {"6"}})
	}
	checker, err := resolver.New(resolver.DefaultConfig(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.ObserveResolver(registry, func() *resolver.Resolver { return checker }); err != nil {
		t.Fatal(err)
	}
	series, err := testutil.GatherAndCount(registry)
	if err != nil || series > 5*maxRegistries {
		t.Errorf("%d series, %v", series, err)
	}
}

func TestRateLimit(t *testing.T) {
	for header, want := range map[string]float64{"98;w=21600": 98, "5 ; w=1": 5, "0": 0, "": -1, "many": -1, "-1": -1, "1e9": -1, strings.Repeat("9", 100): -1} {
		got, ok := rateLimit(header)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

// What is looked up at each scrape is what is the case then.
func TestState(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	ready := errors.New("not yet")
	c := Certificates{}
	err := errors.Join(
		ObserveBuild(registry, "v1", "abc", "go1"),
		ObserveReady(registry, map[string]func() error{"nodes": func() error { return ready }}),
		ObserveCertificates(registry, func() Certificates { return c }),
	)
	if err != nil {
		t.Fatal(err)
	}
	wantSeries(t, registry, "pullgate_build_info", `{goversion="go1",revision="abc",version="v1"} 1`)
	wantSeries(t, registry, "pullgate_ready", `{check="nodes"} 0`)
	wantSeries(t, registry, "pullgate_certificate_last_sync_successful", " 0")
	ready = nil
	c = Certificates{Serving: time.Unix(1000, 0), CA: time.Unix(2000, 0), Synced: true}
	wantSeries(t, registry, "pullgate_ready", `{check="nodes"} 1`)
	wantSeries(t, registry, "pullgate_certificate_last_sync_successful", " 1")
	wantSeries(t, registry, "pullgate_certificate_expiration_timestamp_seconds", `{certificate="serving"} 1000,{certificate="ca"} 2000`)
	c.CA = time.Time{}
	wantSeries(t, registry, "pullgate_certificate_expiration_timestamp_seconds", `{certificate="serving"} 1000`)
}
