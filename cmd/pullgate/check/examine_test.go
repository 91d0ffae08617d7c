package check

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/cmd/pullgate/check/report"
	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/registry/registrytest"
	"github.com/pullgate/pullgate/webhook"
)

// countingChecker counts what is under way at once at each registry.
type countingChecker struct {
	mu        sync.Mutex
	now, most map[string]int
	checks    int
	last      map[string]time.Time // when the last came to its end
}

func newCountingChecker() *countingChecker {
	return &countingChecker{now: map[string]int{}, most: map[string]int{}, last: map[string]time.Time{}}
}

// fastCheck is how long a check takes at a registry that answers.
const fastCheck = time.Millisecond

func (c *countingChecker) Check(ctx context.Context, image resolver.Image, _ resolver.Pod) resolver.Verdict {
	host, _, _ := strings.Cut(image.Reference, "/")
	c.mu.Lock()
	c.checks++
	c.now[host]++
	c.most[host] = max(c.most[host], c.now[host])
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.now[host]--
		c.last[host] = time.Now()
	}()
	if host == "slow.io" {
		<-ctx.Done()
		return resolver.Verdict{Image: image.Reference, Reason: resolver.Timeout, Class: resolver.ClassUnverified}
	}
	time.Sleep(fastCheck)
	return resolver.Verdict{Image: image.Reference, Reason: resolver.Pullable, Class: resolver.ClassPullable}
}

func targetFor(image string) target {
	t := target{item: report.Item{Image: image}, namespace: "team"}
	t.image.Reference = image
	return t
}

func examinationWith(checker webhook.Checker, progress *bar) examination {
	s := &sources{noCluster: errNoCluster}
	config := resolver.DefaultConfig()
	config.Limits.LookupsPerRegistry = 8
	return examination{examiner: webhook.Examiner{Checker: checker, Secrets: s, Accounts: s}, sources: s, config: config, progress: progress}
}

// A thousand images at two registries, one of which never answers: the other's
// are all checked, each once, and never more at once than the limit.
func TestThousandImages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCountingChecker()
		var targets []target
		for n := range 1000 {
			targets = append(targets, targetFor(fmt.Sprintf("fast.io/a:%d", n)), targetFor(fmt.Sprintf("slow.io/a:%d", n)), targetFor(fmt.Sprintf("fast.io/a:%d", n)))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		items := examinationWith(c, &bar{}).run(ctx, targets)
		for n, i := range items {
			want := resolver.Pullable
			if strings.HasPrefix(i.Image, "slow.io") {
				want = resolver.Timeout
			}
			if i.Reason != want || i.Image != targets[n].image.Reference {
				t.Fatalf("%d: %+v, want %s", n, i, want)
			}
		}
		if c.checks != 2000 {
			t.Errorf("%d checks, want each of 2000 once", c.checks)
		}
		for host, most := range c.most {
			if most != 8 {
				t.Errorf("%s: %d at once, want 8", host, most)
			}
		}
		if took := c.last["fast.io"].Sub(began); took != 1000/8*fastCheck {
			t.Errorf("those at the registry that answers took %s", took)
		}
	})
}

// Forty registries have more workers than there may be look-ups. A resolver that
// has no place refuses at once, and that would be the check's own doing.
func TestManyRegistries(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		time.Sleep(time.Millisecond) // so that there are several at a time
		testRegistry(w, req)
	}))
	defer server.Close()
	var (
		servers = map[string]string{}
		targets []target
	)
	for n := range 40 {
		host := fmt.Sprintf("r%d.example.com", n)
		servers[host] = server.URL
		for i := range 4 {
			targets = append(targets, targetFor(fmt.Sprintf("%s/a%d:v1", host, i)))
		}
	}
	config := patient()
	config.Registries.ConfigDir = registrytest.ConfigDir(t, servers)
	config.Limits.Lookups = 4
	r, err := resolver.New(config, "test")
	if err != nil {
		t.Fatal(err)
	}
	e := examinationWith(r, &bar{})
	e.config = config
	for _, i := range e.run(t.Context(), targets) {
		if i.Reason != resolver.Pullable {
			t.Errorf("%s: %s: %s", i.Image, i.Reason, i.Message)
		}
	}
}

func TestSkippedIsNotChecked(t *testing.T) {
	c := newCountingChecker()
	skipped := targetFor("fast.io/a")
	skipped.item.Class = report.ClassSkipped
	if items := examinationWith(c, &bar{}).run(t.Context(), []target{skipped}); c.checks != 0 || items[0].Class != report.ClassSkipped {
		t.Errorf("%d checks, %+v", c.checks, items)
	}
}

func TestKeyTellsApartWhatHasAnotherVerdict(t *testing.T) {
	seen := map[string]string{}
	for name, change := range map[string]func(*target){
		"nothing":       func(*target) {},
		"image":         func(t *target) { t.image.Reference = "other" },
		"policy":        func(t *target) { t.image.PullPolicy = corev1.PullNever },
		"namespace":     func(t *target) { t.namespace = "other" },
		"account":       func(t *target) { t.spec.ServiceAccountName = "other" },
		"Secret":        func(t *target) { t.spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "pull"}} },
		"template":      func(t *target) { t.spec.Template = true },
		"node":          func(t *target) { t.spec.NodeName = "a" },
		"node selector": func(t *target) { t.spec.NodeSelector = map[string]string{"a": "b"} },
		"RuntimeClass":  func(t *target) { t.spec.RuntimeClassName = new("kata") },
		"affinity":      func(t *target) { t.spec.Affinity.NodeAffinity.Required = &corev1.NodeSelector{} },
	} {
		tg := targetFor("r.io/a")
		change(&tg)
		if other, known := seen[tg.key()]; known {
			t.Errorf("%s and %s share a key", name, other)
		}
		seen[tg.key()] = name
	}
}

func TestBar(t *testing.T) {
	var out bytes.Buffer
	b := &bar{w: &out}
	b.begin(2)
	b.drawn = time.Time{}
	b.step()
	b.end()
	if got := out.String(); !strings.Contains(got, "] 1 of 2 checks") || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("%q", got)
	}
	silent := &bar{}
	silent.begin(1)
	silent.step()
	silent.end()
}

// Instant knows nothing: each image is to be counted.
func (*countingChecker) Instant(resolver.Image, resolver.Pod) (v resolver.Verdict, known bool) {
	return v, false
}
