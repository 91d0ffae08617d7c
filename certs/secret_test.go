package certs

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// Whatever happens to the Secret's content: the next step repairs it, says so
// without key material, and what the other replica serves stays trusted.
func TestSecretContentIsRepaired(t *testing.T) {
	tests := []struct {
		name   string
		damage func(data map[string][]byte)
		log    string
	}{
		{"emptied", func(data map[string][]byte) { clear(data) }, "Wrote certificate data"},
		{"key lost", func(data map[string][]byte) { delete(data, activeKeyKey) }, "Replaced unusable certificate data"},
		{"certificate lost", func(data map[string][]byte) { delete(data, activeCertKey) }, "Replaced unusable certificate data"},
		{"bundle lost", func(data map[string][]byte) { delete(data, bundleKey) }, "Wrote certificate data"},
		{"half a key", func(data map[string][]byte) { data[activeKeyKey] = data[activeKeyKey][:100] }, "Replaced unusable certificate data"},
		{"garbage", func(data map[string][]byte) {
			for key := range data {
				data[key] = []byte("\x00\xff garbage")
			}
		}, "Replaced unusable certificate data"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cluster, clock := newCluster(emptySecret(), webhookConfig("pods.pullgate.dev")), newClock()
			a, b := newManager(t, cluster, clock), newManager(t, cluster, clock)
			mustRun(t, a)
			mustRun(t, b)
			key := string(cluster.secret(t).Data[activeKeyKey])
			cluster.setData(t, test.damage)

			var lines strings.Builder
			logger := funcr.New(func(_, args string) { lines.WriteString(args + "\n") }, funcr.Options{Verbosity: 10})
			if err := a.run(log.IntoContext(t.Context(), logger)); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(lines.String(), test.log) {
				t.Errorf("log %q does not say %q", lines.String(), test.log)
			}
			for line := range strings.Lines(key) {
				if !strings.Contains(line, "-----") && strings.Contains(lines.String(), line[:16]) {
					t.Error("the log holds key material")
				}
			}
			if err := trustInCluster(t, cluster, b); err != nil {
				t.Errorf("the other replica lost its trust: %v", err)
			}
			mustRun(t, b)
			if err := errors.Join(a.Ready(nil), b.Ready(nil)); err != nil {
				t.Errorf("not ready: %v", err)
			}
			cluster.writes()
			mustRun(t, a)
			mustRun(t, b)
			if updates, applies := cluster.writes(); updates != 0 || applies != 0 {
				t.Errorf("no rest: %d updates, %d applies", updates, applies)
			}
		})
	}
}

func TestSecretAbsent(t *testing.T) {
	cluster, clock := newCluster(webhookConfig("pods.pullgate.dev")), newClock()
	m := newManager(t, cluster, clock)
	err := m.run(t.Context())
	const want = `no Secret pullgate-system/pullgate-certs: create it, empty, with "kubectl create secret generic pullgate-certs --namespace pullgate-system"`
	for name, err := range map[string]error{"step": err, "readiness": m.Ready(nil)} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", name, err, want)
		}
	}
	if err := cluster.Create(t.Context(), emptySecret()); err != nil {
		t.Fatal(err)
	}
	mustRun(t, m)
	if err := m.Ready(nil); err != nil {
		t.Error(err)
	}

	// A replica that serves goes on serving: its leaf is trusted as before.
	if err := cluster.Delete(t.Context(), emptySecret()); err != nil {
		t.Fatal(err)
	}
	if err := m.run(t.Context()); err == nil {
		t.Error("no error without the Secret")
	}
	if err := m.Ready(nil); err != nil {
		t.Error(err)
	}
}

func TestSecretKeepsWhatIsNotOurs(t *testing.T) {
	secret := emptySecret()
	secret.Labels = map[string]string{"app.kubernetes.io/managed-by": "Helm"}
	secret.Data = map[string][]byte{"note": []byte("not ours")}
	cluster, clock := newCluster(secret, webhookConfig("pods.pullgate.dev")), newClock()
	mustRun(t, newManager(t, cluster, clock))
	got := cluster.secret(t)
	if diff := cmp.Diff(secret.Labels, got.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if string(got.Data["note"]) != "not ours" {
		t.Error("a key that is not ours was changed")
	}
}
