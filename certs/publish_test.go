package certs

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The caBundle, and nothing else, becomes ours: the fields that are sent are the
// fields that are owned. (The fake client's own answer is of no use here: it
// reads the request into the Go type, and so adds the fields without omitempty.)
func TestPublishSendsOneField(t *testing.T) {
	cluster, clock := newCluster(webhookConfig("pods.pullgate.dev", "workloads.pullgate.dev")), newClock()
	m := newManager(t, cluster, clock)
	config := cluster.config(t)
	if err := m.publish(t.Context(), config, []byte("bundle")); err != nil {
		t.Fatal(err)
	}
	webhook := func(name string) any {
		return map[string]any{"name": name, "clientConfig": map[string]any{"caBundle": "YnVuZGxl"}}
	}
	want := map[string]any{
		"apiVersion": "admissionregistration.k8s.io/v1",
		"kind":       "ValidatingWebhookConfiguration",
		// Neither is ever owned by anyone: they are the conditions of the write.
		"metadata": map[string]any{"name": "pullgate", "uid": string(config.UID), "resourceVersion": config.ResourceVersion},
		"webhooks": []any{webhook("pods.pullgate.dev"), webhook("workloads.pullgate.dev")},
	}
	var sent any
	if err := json.Unmarshal(cluster.applied, &sent); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(any(want), sent); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	for _, entry := range cluster.config(t).ManagedFields {
		if entry.Operation == metav1.ManagedFieldsOperationApply && entry.Manager != "pullgate" {
			t.Errorf("applied as %q", entry.Manager)
		}
	}
}

func TestDriftIsPatchedBack(t *testing.T) {
	tests := []struct {
		name  string
		drift func(*admissionv1.ValidatingWebhookConfiguration)
	}{
		{"removed", func(c *admissionv1.ValidatingWebhookConfiguration) { c.Webhooks[1].ClientConfig.CABundle = nil }},
		{"overwritten", func(c *admissionv1.ValidatingWebhookConfiguration) { c.Webhooks[0].ClientConfig.CABundle = []byte("x") }},
		{"a webhook added", func(c *admissionv1.ValidatingWebhookConfiguration) {
			c.Webhooks = append(c.Webhooks, webhookConfig("new.pullgate.dev").Webhooks...)
		}},
		{"a webhook removed", func(c *admissionv1.ValidatingWebhookConfiguration) { c.Webhooks = c.Webhooks[1:] }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cluster, clock := newCluster(emptySecret(), webhookConfig("pods.pullgate.dev", "workloads.pullgate.dev")), newClock()
			m := newManager(t, cluster, clock)
			mustRun(t, m)
			config := cluster.config(t)
			test.drift(config)
			if err := cluster.Update(t.Context(), config); err != nil {
				t.Fatal(err)
			}
			mustRun(t, m)
			want := string(cluster.secret(t).Data[bundleKey])
			got := cluster.config(t).Webhooks
			if len(got) != len(config.Webhooks) {
				t.Errorf("%d webhooks, want %d", len(got), len(config.Webhooks))
			}
			for _, webhook := range got {
				if string(webhook.ClientConfig.CABundle) != want {
					t.Errorf("caBundle of %s not patched back", webhook.Name)
				}
			}
			if err := m.Ready(nil); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestConfigurationAbsent(t *testing.T) {
	cluster, clock := newCluster(emptySecret()), newClock()
	m := newManager(t, cluster, clock)
	for name, err := range map[string]error{"step": m.run(t.Context()), "readiness": m.Ready(nil)} {
		if err == nil || !strings.Contains(err.Error(), `no ValidatingWebhookConfiguration "pullgate": create it`) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, applies := cluster.writes(); applies != 0 {
		t.Error("an absent configuration was applied")
	}
	if _, err := m.GetCertificate(nil); err != nil {
		t.Errorf("no certificate for want of a configuration: %v", err)
	}

	if err := cluster.Create(t.Context(), webhookConfig("pods.pullgate.dev")); err != nil {
		t.Fatal(err)
	}
	mustRun(t, m)
	if err := m.Ready(nil); err != nil {
		t.Error(err)
	}

	if err := cluster.Delete(t.Context(), webhookConfig()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.run(t.Context()), m.Ready(nil)); err == nil {
		t.Error("ready without a configuration")
	}
}

func TestConfigurationWithoutWebhooks(t *testing.T) {
	cluster, clock := newCluster(emptySecret(), webhookConfig()), newClock()
	m := newManager(t, cluster, clock)
	if err := m.run(t.Context()); err == nil || !strings.Contains(err.Error(), "has no webhooks") {
		t.Errorf("step: %v", err)
	}
	if m.Ready(nil) == nil {
		t.Error("ready without a webhook")
	}
}

// A write that is refused for good, as RBAC refuses it, is an error that names
// the object, and no replica calls itself ready on it.
func TestWritesRefused(t *testing.T) {
	refuse := func() error {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "things"}, "thing", errors.New("RBAC"))
	}
	tests := []struct {
		name string
		set  func(*cluster)
		want string
	}{
		{"Secret", func(c *cluster) { c.beforeUpdate = refuse }, "update Secret pullgate-system/pullgate-certs: "},
		{"configuration", func(c *cluster) { c.beforeApply = refuse }, `write the caBundle of ValidatingWebhookConfiguration "pullgate": `},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cluster, clock := newCluster(emptySecret(), webhookConfig("pods.pullgate.dev")), newClock()
			test.set(cluster)
			m := newManager(t, cluster, clock)
			for name, err := range map[string]error{"step": m.run(t.Context()), "readiness": m.Ready(nil)} {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%s: %v\nwant %s", name, err, test.want)
				}
			}
		})
	}
}

// A leaf of a new CA waits until that CA is published.
func TestSwitchWaitsForPublication(t *testing.T) {
	cluster, clock := newCluster(emptySecret(), webhookConfig("pods.pullgate.dev")), newClock()
	m := newManager(t, cluster, clock)
	mustRun(t, m)
	first := m.leaf
	cluster.setData(t, func(data map[string][]byte) { clear(data) })
	cluster.beforeApply = func() error { return errors.New("down") }
	if err := m.run(t.Context()); err == nil {
		t.Error("no error from the apply")
	}
	if m.leaf != first || m.Ready(nil) != nil {
		t.Error("switched before the publication")
	}
	cluster.beforeApply = nil
	mustRun(t, m)
	if m.leaf == first || m.Ready(nil) != nil {
		t.Error("not switched after it")
	}
}
