package webhook

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/pullgate/pullgate/resolver"
)

func TestWarmUp(t *testing.T) {
	var pods []client.Object
	add := func(namespace, secret string, phase corev1.PodPhase, images ...string) {
		p := podOf(images...)
		p.ObjectMeta = metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("p%d", len(pods))}
		p.Status.Phase = phase
		if secret != "" {
			p.Spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: secret}}
		}
		pods = append(pods, p)
	}
	add("a", "", corev1.PodRunning, "one", "two")
	add("b", "", corev1.PodRunning, "one")
	add("a", "s", corev1.PodRunning, "private")
	add("b", "s", corev1.PodRunning, "private") // another tenant's Secret
	add("b", "s", corev1.PodRunning, "private")
	add("a", "", corev1.PodSucceeded, "finished")
	add("exempt", "", corev1.PodRunning, "not looked at")

	var (
		mu  sync.Mutex
		got []string
	)
	w := &WarmUp{
		Live:   fake.NewClientBuilder().WithObjects(pods...).Build(),
		Config: Config{Exemptions: Exemptions{Namespaces: []string{"exempt"}}},
		Examiner: Examiner{Secrets: &recordingSecrets{}, Accounts: accounts{}, Nodes: nodeList{}, Checker: checkerFunc(func(i resolver.Image, _ resolver.Pod) resolver.Verdict {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, i.Reference)
			return resolver.Verdict{}
		})},
	}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := w.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 3*time.Second/warmUpPace {
			t.Errorf("four images in %s are not the pace", took)
		}
	})
	slices.Sort(got)
	if diff := cmp.Diff([]string{"one", "private", "private", "two"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
