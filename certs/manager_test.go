package certs

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

var (
	_ manager.Runnable               = (*Manager)(nil)
	_ manager.LeaderElectionRunnable = (*Manager)(nil)
	_ healthz.Checker                = (*Manager)(nil).Ready
)

func TestNew(t *testing.T) {
	good := Options{
		Client: newCluster(), Namespace: "n", ServiceName: "s", SecretName: "t", WebhookConfigurationName: "w",
	}
	tests := []struct {
		name   string
		change func(*Options)
		want   string // "" is no error
	}{
		{"good", func(*Options) {}, ""},
		{"no client", func(o *Options) { o.Client = nil }, "certs: no Client"},
		{"no namespace", func(o *Options) { o.Namespace = "" }, "certs: no Namespace"},
		{"no names", func(o *Options) { o.ServiceName, o.SecretName = "", "" }, "certs: no ServiceName\ncerts: no SecretName"},
		{"no configuration", func(o *Options) { o.WebhookConfigurationName = "" }, "certs: no WebhookConfigurationName"},
		{"negative interval", func(o *Options) { o.Interval = -time.Second }, "certs: Interval is negative: -1s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			options := good
			test.change(&options)
			_, err := New(options)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("error %q, want %q", got, test.want)
			}
		})
	}
}

// start runs a Manager in a synctest bubble, where time passes as soon as
// everything waits for it.
func start(t *testing.T, c client.Client) *Manager {
	t.Helper()
	m := newManager(t, c, newClock())
	m.options.Clock = time.Now // the bubble's
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Start: %v", err)
		}
	})
	synctest.Wait()
	return m
}

func TestStartIsReadyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		m := start(t, newCluster(emptySecret(), webhookConfig("pods.pullgate.dev")))
		if err := m.Ready(nil); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("waited %s before the first step", took)
		}
	})
}

func TestStartKeepsAnEyeOnIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := newCluster(emptySecret(), webhookConfig("pods.pullgate.dev"))
		start(t, cluster)
		want := string(cluster.config(t).Webhooks[0].ClientConfig.CABundle)
		config := cluster.config(t)
		config.Webhooks[0].ClientConfig.CABundle = nil
		if err := cluster.Update(t.Context(), config); err != nil {
			t.Fatal(err)
		}
		time.Sleep(defaultInterval + defaultInterval/10 + time.Second)
		if got := string(cluster.config(t).Webhooks[0].ClientConfig.CABundle); got != want {
			t.Error("the caBundle was not patched back within an interval")
		}
	})
}

func TestStartRetriesWithBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := newCluster(emptySecret(), webhookConfig("pods.pullgate.dev"))
		var up atomic.Bool
		cluster.beforeUpdate = func() error {
			if up.Load() {
				return nil
			}
			return errors.New("down")
		}
		m := start(t, cluster)
		time.Sleep(time.Second)
		if updates, _ := cluster.writes(); updates < 2 || updates > 4 {
			t.Errorf("%d attempts in the first second, want 2 to 4", updates)
		}
		time.Sleep(time.Hour)
		if updates, _ := cluster.writes(); updates < 50 || updates > 70 {
			t.Errorf("%d attempts in an hour, want about 60", updates)
		}
		if err := m.Ready(nil); err == nil || !strings.Contains(err.Error(), "down") {
			t.Errorf("readiness: %v", err)
		}
		up.Store(true)
		time.Sleep(defaultInterval + defaultInterval/10 + time.Second)
		if err := m.Ready(nil); err != nil {
			t.Errorf("not ready after it came back: %v", err)
		}
	})
}

// silent is an API server that takes requests and does not answer.
type silent struct{ client.Client }

func (silent) Get(ctx context.Context, _ client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestStartSurvivesASilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := start(t, silent{})
		time.Sleep(2 * stepTimeout)
		if err := m.Ready(nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("readiness: %v", err)
		}
	})
}

// Ready must not change its mind because the API server can't be asked.
func TestReadyWithoutServer(t *testing.T) {
	cluster, clock := newCluster(emptySecret(), webhookConfig("pods.pullgate.dev")), newClock()
	m := newManager(t, cluster, clock)
	if s := m.Status(); s.Serving != nil || s.CA != nil || s.Err == nil {
		t.Errorf("status before the first step: %+v", s)
	}
	mustRun(t, m)
	s := m.Status()
	if s.Err != nil || s.Serving.CheckSignatureFrom(s.CA) != nil {
		t.Errorf("status after a step: %+v", s)
	}
	m.options.Client = silent{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.run(ctx); err == nil {
		t.Error("no error from a server that does not answer")
	}
	if after := m.Status(); after.Err == nil || after.Serving != s.Serving {
		t.Errorf("status after a step that failed: %+v", after)
	}
	if err := m.Ready(nil); err != nil {
		t.Error(err)
	}
	clock.advance(leafLife + time.Second)
	if m.Ready(nil) == nil {
		t.Error("ready with an expired certificate")
	}
}
