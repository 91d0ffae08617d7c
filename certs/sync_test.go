package certs

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestFirstStep(t *testing.T) {
	cluster, clock := newCluster(emptySecret(), webhookConfig("pods.pullgate.dev", "workloads.pullgate.dev")), newClock()
	m := newManager(t, cluster, clock)
	if err := m.Ready(nil); err == nil {
		t.Error("ready before the first step")
	}
	if _, err := m.GetCertificate(nil); err == nil {
		t.Error("a certificate before the first step")
	}
	mustRun(t, m)
	if err := m.Ready(nil); err != nil {
		t.Errorf("not ready: %v", err)
	}
	if updates, applies := cluster.writes(); updates != 1 || applies != 1 {
		t.Errorf("%d updates and %d applies, want one each", updates, applies)
	}
	bundle := cluster.secret(t).Data[bundleKey]
	for _, webhook := range cluster.config(t).Webhooks {
		if !bytes.Equal(webhook.ClientConfig.CABundle, bundle) {
			t.Errorf("caBundle of %s is not the Secret's bundle", webhook.Name)
		}
	}

	// Nothing to do: nothing is written, by this replica or by another.
	mustRun(t, m)
	mustRun(t, newManager(t, cluster, clock))
	if updates, applies := cluster.writes(); updates != 0 || applies != 0 {
		t.Errorf("%d updates and %d applies with everything in order", updates, applies)
	}
}

// A replica that starts again must not need a write.
func TestRestartKeepsTheAuthority(t *testing.T) {
	cluster, clock := newCluster(emptySecret(), webhookConfig("pods.pullgate.dev")), newClock()
	first := newManager(t, cluster, clock)
	mustRun(t, first)
	clock.advance(24 * time.Hour)
	second := newManager(t, cluster, clock)
	mustRun(t, second)
	if !second.leaf.issuedBy(first.leaf.issuer) {
		t.Error("the CA was replaced")
	}
}

func TestLeafIsRenewedInTime(t *testing.T) {
	cluster, clock := newCluster(emptySecret(), webhookConfig("pods.pullgate.dev")), newClock()
	m := newManager(t, cluster, clock)
	mustRun(t, m)
	first := m.leaf

	clock.advance(2*leafLife/3 - time.Minute)
	mustRun(t, m)
	if m.leaf != first {
		t.Error("renewed before two thirds of its life")
	}
	clock.advance(time.Minute)
	mustRun(t, m)
	if m.leaf == first {
		t.Error("not renewed at two thirds of its life")
	}
	if _, applies := cluster.writes(); applies != 1 {
		t.Errorf("%d applies, want the first one only: the CA is the same", applies)
	}
}

// The leaf must be renewed also when the caBundle cannot be written.
func TestLeafIsRenewedWithoutConfiguration(t *testing.T) {
	config := webhookConfig("pods.pullgate.dev")
	cluster, clock := newCluster(emptySecret(), config), newClock()
	m := newManager(t, cluster, clock)
	mustRun(t, m)
	if err := cluster.Delete(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	clock.advance(leafLife)
	if err := m.run(t.Context()); err == nil {
		t.Error("no error without the configuration")
	}
	if !m.leaf.valid(clock.Now()) {
		t.Error("an expired certificate is served")
	}
}

// At its end a CA is replaced, and what both replicas serve meanwhile is trusted.
func TestAuthorityIsReplacedBeforeItEnds(t *testing.T) {
	cluster, clock := newCluster(emptySecret(), webhookConfig("pods.pullgate.dev")), newClock()
	a, b := newManager(t, cluster, clock), newManager(t, cluster, clock)
	for at := time.Duration(0); at < caLife+30*24*time.Hour; at += 24 * time.Hour {
		mustRun(t, a)
		if err := errors.Join(a.Ready(nil), trustInCluster(t, cluster, b)); err != nil {
			t.Fatalf("after %s: %v", at, err)
		}
		mustRun(t, b)
		clock.advance(24 * time.Hour)
	}
	if got := strings.Count(string(cluster.config(t).Webhooks[0].ClientConfig.CABundle), "BEGIN"); got != 1 {
		t.Errorf("%d CAs in the caBundle after the first has ended, want 1", got)
	}
}

// trustInCluster tells whether the API server trusts what m serves, which it
// does or does not whether or not m has looked.
func trustInCluster(t *testing.T, cluster *cluster, m *Manager) error {
	t.Helper()
	if m.leaf == nil {
		return nil
	}
	return m.leaf.trustedBy(cluster.config(t).Webhooks[0].ClientConfig.CABundle, m.options.Clock(), testName)
}

// Two replicas start on one empty Secret at the very same time.
func TestRace(t *testing.T) {
	for range 20 {
		cluster, clock := newCluster(emptySecret(), webhookConfig("pods.pullgate.dev")), newClock()
		managers := make([]*Manager, 4)
		outcomes := make(chan error)
		for i := range managers {
			managers[i] = newManager(t, cluster, clock)
			go func() { outcomes <- managers[i].run(t.Context()) }()
		}
		for range managers {
			if err := <-outcomes; err != nil {
				t.Fatal(err)
			}
		}
		s, problems := decodeState(cluster.secret(t).Data)
		if len(problems) > 0 || len(s.bundle) != 1 {
			t.Fatalf("%d CAs in the Secret, want 1 (%q)", len(s.bundle), problems)
		}
		for i, m := range managers {
			if err := errors.Join(m.Ready(nil), trustInCluster(t, cluster, m)); err != nil {
				t.Errorf("replica %d: %v", i, err)
			}
			if !m.leaf.issuedBy(s.active.cert) {
				t.Errorf("replica %d serves a certificate of a CA that lost the race", i)
			}
		}
	}
}

// A replica that was held up between reading and writing must not put an older
// bundle in the place of a newer one.
func TestStaleBundleIsNotPublished(t *testing.T) {
	cluster, clock := newCluster(emptySecret(), webhookConfig("pods.pullgate.dev")), newClock()
	a, b := newManager(t, cluster, clock), newManager(t, cluster, clock)
	held := false
	cluster.beforeApply = func() error {
		if held {
			return nil
		}
		held = true
		// a is about to publish. The Secret's content is lost, and b, which
		// serves nothing yet, starts over.
		cluster.setData(t, func(data map[string][]byte) { clear(data) })
		return b.run(t.Context())
	}
	mustRun(t, a)
	if err := errors.Join(trustInCluster(t, cluster, a), trustInCluster(t, cluster, b)); err != nil {
		t.Error(err)
	}
	if !held {
		t.Error("nothing was published")
	}
}
