package webhook

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

func TestNamespaces(t *testing.T) {
	live := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop", Labels: map[string]string{EnforceLabel: "strict"}}}
	n := &Namespaces{Live: fake.NewClientBuilder().WithObjects(live).Build()}
	want := func(when, level string) {
		t.Helper()
		if got, err := n.Labels(t.Context(), "shop"); err != nil || got[EnforceLabel] != level {
			t.Errorf("%s: %v, %v", when, got, err)
		}
	}
	heard := func(level string) *metav1.PartialObjectMetadata {
		ns := NamespaceMetadata()
		ns.Name, ns.Labels = "shop", map[string]string{EnforceLabel: level}
		return ns
	}
	want("not heard of", "strict")
	n.OnAdd(heard("off"), true)
	want("added", "off")
	n.OnUpdate(heard("off"), heard("definite"))
	want("changed", "definite")
	unlabelled := NamespaceMetadata()
	unlabelled.Name = "shop"
	n.OnUpdate(heard("definite"), unlabelled)
	want("without labels", "")
	n.OnDelete(cache.DeletedFinalStateUnknown{Key: "shop"})
	want("deleted, and there again", "strict")
	if _, err := n.Labels(t.Context(), "nowhere"); !apierrors.IsNotFound(err) {
		t.Errorf("of a namespace that nobody knows: %v", err)
	}
}

func TestSlimNamespace(t *testing.T) {
	full := NamespaceMetadata()
	full.Name, full.UID, full.ResourceVersion = "shop", "u", "7"
	full.Labels = map[string]string{EnforceLabel: "off", "team": "a"}
	full.Annotations = map[string]string{"large": "value"}
	full.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
	want := NamespaceMetadata()
	want.Name, want.UID, want.ResourceVersion = "shop", "u", "7"
	want.Labels = map[string]string{EnforceLabel: "off"}
	got, err := SlimNamespace(full)
	if diff := cmp.Diff(any(want), got); err != nil || diff != "" {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
}
