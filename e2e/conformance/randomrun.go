package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/oracle"
	"github.com/pullgate/pullgate/e2e/scripted"
)

// RandomReport is what came of the random runs.
type RandomReport struct {
	Counters
	Seed     uint64 `json:"seed"`
	Distinct int    `json:"distinct"`
	// Disagreements play again what both sides did not agree on: each made as
	// small as it gets, and each once.
	Disagreements []string `json:"disagreements,omitempty"`
}

func (r RandomReport) print(say func(string, ...any)) {
	say("%d random runs (seed %d, %d distinct behaviours): %d agree; %d false denials, %d false admits, %d unverified",
		r.Cases, r.Seed, r.Distinct, r.Agree, r.FalseDenials, r.FalseAdmits, r.Unverified)
	for _, d := range r.Disagreements {
		say("  -replay '%s'", d)
	}
}

const (
	randomWorkers = 8
	randomTimeout = 10 * time.Minute
)

// arena is where random runs take place.
type arena struct {
	*Bench
	namespace string
	objects   map[string]corev1.Secret
	count     atomic.Int64
}

// newArena makes the Secrets; each run takes some of them.
func (b *Bench) newArena(ctx context.Context) (*arena, error) {
	namespace, err := b.cluster.NewNamespace(ctx, nil)
	if err != nil {
		return nil, err
	}
	a := &arena{Bench: b, namespace: namespace, objects: map[string]corev1.Secret{}}
	for name, s := range randomSecrets() {
		made, err := b.client.CoreV1().Secrets(namespace).Create(ctx, s.object(name, ""), metav1.CreateOptions{})
		if err != nil {
			return nil, fmt.Errorf("make Secret %s: %w", name, err)
		}
		a.objects[name] = *made
	}
	// The layer that all images have in common is on the nodes from the start.
	common := randomDomain + "/common"
	if _, err := b.registry.Set(common, scripted.Behaviour{Content: scripted.Content{Common: true}}); err != nil {
		return nil, err
	}
	if err := b.hosts.lead(randomDomain, Scripted); err != nil {
		return nil, err
	}
	return a, b.pulls(ctx, oracle.Request{Image: common + ":v1"})
}

// Random makes random runs and tells of each disagreement, made as small as it
// gets.
func (b *Bench) Random(ctx context.Context, n int, seed uint64, tell func(string)) (*RandomReport, error) {
	a, err := b.newArena(ctx)
	if err != nil {
		return nil, fmt.Errorf("random runs: %w", err)
	}
	t := &tally{arena: a, report: RandomReport{Seed: seed}, distinct: map[string]bool{}, tell: tell}
	var wg sync.WaitGroup
	next := make(chan int)
	for range randomWorkers {
		wg.Go(func() {
			for i := range next {
				t.run(ctx, Draw(seed, i))
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t.report.Distinct = len(t.distinct)
	slices.Sort(t.report.Disagreements)
	return &t.report, t.failed
}

// tally is random runs under way.
type tally struct {
	*arena
	tell func(string)

	mu       sync.Mutex
	report   RandomReport
	distinct map[string]bool
	failed   error
}

// run makes a run and counts it.
func (t *tally) run(ctx context.Context, r Random) {
	p := t.play(ctx, r)
	s := compare(p.Outcome)
	var smallest Random
	if p.Err == nil && !s.Agree {
		smallest, p = t.shrink(ctx, r, p)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.distinct[r.Behaviour.String()+r.Mirror.String()] = true
	if p.Err != nil {
		// Not made is not agreed on.
		t.failed = errors.Join(t.failed, fmt.Errorf("random run %s: %w", r, p.Err))
		return
	}
	t.report.add(s)
	if line := smallest.String(); !s.Agree && !slices.Contains(t.report.Disagreements, line) {
		t.report.Disagreements = append(t.report.Disagreements, line)
		t.tell(t.describe(smallest, p))
	}
}

// Replay makes one run, and tells all about it.
func (b *Bench) Replay(ctx context.Context, r Random) (string, error) {
	if err := b.configure(ctx, ""); err != nil {
		return "", err
	}
	a, err := b.newArena(ctx)
	if err != nil {
		return "", err
	}
	o := a.play(ctx, r)
	return a.describe(r, o), o.Err
}

// played is an outcome with what was asked on the way.
type played struct {
	Outcome
	requests []scripted.Request
}

// play makes a run, at a registry of its own.
func (a *arena) play(ctx context.Context, r Random) (p played) {
	ctx, cancel := context.WithTimeout(ctx, randomTimeout)
	defer cancel()
	host := fmt.Sprintf("r%d.%s", a.count.Add(1), randomDomain)
	repo := host + "/app"
	held, err := a.registry.Set(repo, r.Behaviour)
	if err != nil {
		p.Err = err
		return p
	}
	defer a.registry.Forget(repo)
	if r.Map.hasMirror() {
		if _, err := a.registry.Set("mirror/"+repo, r.Mirror); err != nil {
			p.Err = err
			return p
		}
		defer a.registry.Forget("mirror/" + repo)
	}
	if p.Err = a.hosts.lead(host, r.Map); p.Err != nil {
		return p
	}
	defer a.hosts.forget(host)
	image := repo + ":v1"
	if r.ByDigest {
		image = repo + "@" + held.Digest
	}
	var wg sync.WaitGroup
	var node, local oracle.Result
	others, other := elsewhere()[r.Pool]
	if !other {
		wg.Go(func() { node, local = a.pull(ctx, a.request(r, image)) })
	}
	p.Answer, p.Message, p.Err = answer(ctx, func(ctx context.Context) error {
		_, err := a.client.CoreV1().Pods(a.namespace).Create(ctx, a.pod(r, image), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	})
	wg.Wait()
	p.Node, p.NodeMessage = nodeOutcome(node), node.Message
	p.Local, p.LocalMessage = nodeOutcome(local), local.Message
	if other && p.Err == nil {
		p.Node, p.Err = matched(r.Behaviour.Content, others)
		p.Local = p.Node
	}
	if p.Err == nil {
		p.Err = ctx.Err()
	}
	p.requests = append(a.registry.Requests(repo), a.registry.Requests("mirror/"+repo)...)
	return p
}

func (a *arena) request(r Random, image string) oracle.Request {
	request := oracle.Request{Image: image, Namespace: a.namespace}
	for _, name := range r.Secrets {
		if o, ok := a.objects[name]; ok {
			request.Secrets = append(request.Secrets, o)
		}
	}
	return request
}

func (a *arena) pod(r Random, image string) *corev1.Pod {
	st := stage{names: r.Secrets, try: Try{Pool: r.Pool}}
	return st.pod(Container, image)
}

func (a *arena) describe(r Random, p played) string {
	s := compare(p.Outcome)
	verdict := "agree"
	switch {
	case s.FalseDenial:
		verdict = "FALSE DENIAL"
	case s.FalseAdmit:
		verdict = "FALSE ADMIT"
	}
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "%s: node %s, pullgate %s\n  -replay '%s'\n  node:     %s\n  local:    %s\n  pullgate: %s\n",
		verdict, words(p.Node, p.Local), p.Answer, r, p.NodeMessage, p.LocalMessage, p.Message)
	b.WriteString(trace(p.requests))
	return b.String()
}
