package conformance

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/scripted"
)

// Measured is a try with what came of it.
type Measured struct {
	Try
	Outcome Outcome
	Score   Score
	// Requests are those that each side made to the repository, and to its
	// mirror.
	Requests []scripted.Request
}

// Complaint says what is wrong, "" if nothing is.
func (m Measured) Complaint() string { return complaint(m.Try, m.Outcome, m.Score) }

// MeasuredCase is a case with what came of it.
type MeasuredCase struct {
	Case
	Measured []Measured
}

const (
	// workers is how many tries are made at once.
	workers = 4
	// tryTimeout is far beyond what the slowest try takes on the node: five
	// time-outs of ten seconds.
	tryTimeout = 10 * time.Minute
	// patience is how often pullgate is asked again where a first answer need
	// not be the last one, and pause what is between.
	patience = 240
	pause    = 500 * time.Millisecond
)

// Run makes all tries of the cases whose ID matches, in as many runs of pullgate
// as there are configurations.
func (b *Bench) Run(ctx context.Context, match *regexp.Regexp, between func() error) ([]MeasuredCase, error) {
	var all []MeasuredCase
	for _, c := range Cases() {
		if match.MatchString(c.ID) {
			all = append(all, MeasuredCase{Case: c, Measured: make([]Measured, len(c.Tries))})
		}
	}
	if err := b.configure(ctx, ""); err != nil {
		return nil, err
	}
	b.runPhase(ctx, all, Plain)
	if err := between(); err != nil {
		return nil, err
	}
	if registries := administrator(all); registries != "" {
		if err := b.configure(ctx, registries); err != nil {
			return nil, err
		}
		b.runPhase(ctx, all, NodeCredentials, Mirrored)
	}
	if has(all, Background) {
		if err := b.configureAsIs(ctx, ""); err != nil {
			return nil, err
		}
		b.runPhase(ctx, all, Background)
	}
	if has(all, NoSecrets) {
		if err := b.takeSecretsAway(ctx); err != nil {
			return nil, err
		}
		if err := b.configure(ctx, ""); err != nil {
			return nil, err
		}
		b.runPhase(ctx, all, NoSecrets)
	}
	return all, ctx.Err()
}

// runPhase makes the tries that need one of these configurations.
func (b *Bench) runPhase(ctx context.Context, all []MeasuredCase, configs ...Config) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, workers)
	for i := range all {
		for n, t := range all[i].Tries {
			if !contains(configs, t.Config) {
				continue
			}
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				all[i].Measured[n] = b.measure(ctx, all[i].ID, n, t)
			})
		}
	}
	wg.Wait()
}

func contains(configs []Config, c Config) bool {
	for _, known := range configs {
		if known == c {
			return true
		}
	}
	return false
}

func has(all []MeasuredCase, c Config) bool {
	for _, m := range all {
		for _, t := range m.Tries {
			if t.Config == c {
				return true
			}
		}
	}
	return false
}

// measure makes one try.
func (b *Bench) measure(ctx context.Context, id string, n int, t Try) Measured {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	m := Measured{Try: t}
	st, err := b.set(ctx, id, n, t)
	if err != nil {
		m.Outcome.Err = err
		return m
	}
	m.Outcome = st.both(ctx)
	m.Score = score(t, m.Outcome)
	m.Requests = append(b.registry.Requests(st.repo), b.registry.Requests("mirror/"+st.repo)...)
	return m
}

// both asks both sides.
func (st *stage) both(ctx context.Context) (o Outcome) {
	if o.Err = st.askNodes(ctx, &o); o.Err != nil {
		return o
	}
	o.Answer, o.Message, o.Err = st.askPullgate(ctx)
	if st.try.First == nil {
		return o
	}
	o.First = o.Answer
	for again := 0; again < patience && o.Err == nil && (again == 0 || !slices.Contains(st.try.Want, o.Answer)); again++ {
		select {
		case <-ctx.Done():
			o.Err = ctx.Err()
		case <-time.After(pause):
			o.Answer, o.Message, o.Err = st.askPullgate(ctx)
		}
	}
	return o
}

// administrator is what an administrator says of the tries' hosts.
func administrator(all []MeasuredCase) string {
	lists := map[Config][]string{}
	for _, c := range all {
		for n, t := range c.Tries {
			if t.Config == NodeCredentials || t.Config == Mirrored {
				lists[t.Config] = append(lists[t.Config], fmt.Sprintf("%q", hostFor(c.ID, n)))
			}
		}
	}
	var config strings.Builder
	for _, c := range []Config{NodeCredentials, Mirrored} {
		if len(lists[c]) > 0 {
			// Indented, for it goes on with the map that registries is.
			_, _ = fmt.Fprintf(&config, "  %s: [%s]\n", c, strings.Join(lists[c], ", "))
		}
	}
	return config.String()
}

// takeSecretsAway takes from pullgate the right to read Secrets.
func (b *Bench) takeSecretsAway(ctx context.Context) error {
	roles := b.client.RbacV1().ClusterRoles()
	role, err := roles.Get(ctx, "pullgate", metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("take the right to read Secrets away: %w", err)
	}
	kept := role.Rules[:0]
	for _, rule := range role.Rules {
		if len(rule.Resources) != 1 || rule.Resources[0] != string(corev1.ResourceSecrets) {
			kept = append(kept, rule)
		}
	}
	role.Rules = kept
	if _, err := roles.Update(ctx, role, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("take the right to read Secrets away: %w", err)
	}
	return nil
}
