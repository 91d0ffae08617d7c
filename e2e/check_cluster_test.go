package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// -A says of the Pods that run what the webhook says of them, wherever they run
// and whatever is on their nodes, and finds more of them than fit in one page.
func testCheckCluster(t *testing.T, s *suite) {
	push(t, s.open, "check/running", "v1")
	push(t, s.private, "check/running", "v1")
	ns := s.warnOnlyNamespace(t)
	s.pullSecret(t, ns, "pull", privateHost, user, password)
	onNode := openHost + "/check/running:on-node"
	s.nodeWithImage(t, onNode)
	pods := map[string]*corev1.Pod{
		"good":             pod(openHost + "/check/running:v1"),
		"missing":          pod(openHost + "/check/running:v2"),
		"private":          withSecrets(pod(privateHost+"/check/running:v1"), "pull"),
		"private-no":       pod(privateHost + "/check/running:v1"),
		"down":             pod(downHost + "/check/running:v1"),
		"on-node":          pod(onNode),
		"never":            pod(openHost + "/check/running:v3"),
		"two":              pod(openHost+"/check/running:v1", openHost+"/check/running:v4", openHost+"/check/running:v4"),
		"init":             pod(openHost + "/check/running:v1"),
		"volume":           pod(openHost + "/check/running:v1"),
		"secret-not-there": withSecrets(pod(privateHost+"/check/running:v1"), "gone"),
	}
	pods["never"].Spec.Containers[0].ImagePullPolicy = corev1.PullNever
	pods["init"].Spec.InitContainers = []corev1.Container{{Name: "init", Image: openHost + "/check/running:v5"}}
	pods["volume"].Spec.Volumes = []corev1.Volume{{
		Name:         "data",
		VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: openHost + "/check/running:v6"}},
	}}
	warnings := map[string][]string{}
	for name, p := range pods {
		p.Name, p.GenerateName = name, ""
		o := s.create(t, ns, p)
		if o.denial != nil {
			t.Fatalf("%s: %s", name, o.denial.Message)
		}
		warnings[name] = o.warnings
	}
	many := s.manyPods(t, 501)

	c := s.check(t, "-A", "-o", "json")
	r := c.report(t)
	for name := range pods {
		sameAsWebhook(t, name, itemsOf(r, ns, "Pod", name), warnings[name])
	}
	if got := itemsOf(r, ns, "Pod", "on-node"); len(got) != 1 || got[0].Reason != "PresentOnNode" {
		t.Errorf("%+v, want it to be PresentOnNode", got)
	}
	for name, field := range map[string]string{"init": "spec.initContainers[0].image", "volume": "spec.volumes[0].image.reference"} {
		if !slices.ContainsFunc(itemsOf(r, ns, "Pod", name), func(i checkItem) bool {
			return i.Reason == "ImageNotFound" && len(i.Fields) == 1 && i.Fields[0].Path == field
		}) {
			t.Errorf("%s: %+v, want %s to be ImageNotFound", name, itemsOf(r, ns, "Pod", name), field)
		}
	}
	found := 0
	for _, i := range r.Items {
		if i.Object.Namespace == many && i.Reason == "ImageNotFound" {
			found++
		}
	}
	if found != 501 {
		t.Errorf("%d of 501 Pods found", found)
	}
	t.Run("of one namespace, as a table", func(t *testing.T) {
		c := s.check(t, "-n", many, "--running")
		c.wantCode(t, 1)
		if !strings.Contains(c.stdout, "(+500)") || strings.Count(c.stdout, "\n") > 5 {
			t.Errorf("501 alike Pods:\n%s", c.stdout)
		}
	})
	t.Run("by label", func(t *testing.T) {
		if c := s.check(t, "-A", "-l", "nobody=has-it"); c.code != 0 || !strings.HasPrefix(c.stdout, "0 images checked") {
			t.Errorf("%+v", c)
		}
	})
	t.Run("without the right", func(t *testing.T) {
		kubeconfig, err := s.cluster.ServiceAccountKubeconfig(t.Context(), ns, "default")
		if err != nil {
			t.Fatal(err)
		}
		c := s.runCheck(t, checkRun{kubeconfig: kubeconfig}, "-A")
		c.wantCode(t, 3)
		if !strings.Contains(c.stderr, "error: you may not list Pods in all namespaces: pods is forbidden: User ") {
			t.Errorf("%s", c.stderr)
		}
		c = s.runCheck(t, checkRun{kubeconfig: kubeconfig}, "-n", ns, "--pull-secret", "pull", privateHost+"/check/running:v1", "-o", "json")
		if got := c.report(t).Items[0]; got.Reason != "SecretUnreadable" || !strings.Contains(got.Message, `secrets "pull" is forbidden: User `) {
			t.Errorf("%+v", got)
		}
	})
}

// nodeWithImage adds a node that has an image. It does not say its platform, so
// that for other cases nothing changes.
func (s *suite) nodeWithImage(t *testing.T, image string) {
	t.Helper()
	nodes := s.cluster.Client().CoreV1().Nodes()
	node, err := nodes.Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{GenerateName: "node-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nodes.Delete(context.Background(), node.Name, metav1.DeleteOptions{}) })
	s.patchNodeStatus(t, node.Name, corev1.NodeStatus{Images: []corev1.ContainerImage{{Names: []string{image}}}})
	ns := s.warnOnlyNamespace(t)
	eventually(t, "the webhook to know the node", func(context.Context) error {
		o := s.do(func(c kubernetes.Interface) (*corev1.Pod, error) {
			return c.CoreV1().Pods(ns).Create(t.Context(), pod(image), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		})
		if len(o.warnings) != 1 || !strings.Contains(o.warnings[0], "only nodes that have it already") {
			return fmt.Errorf("%+v", o.warnings)
		}
		return nil
	})
}

// manyPods creates Pods with one bad image in a namespace that is not watched
// over.
func (s *suite) manyPods(t *testing.T, n int) (namespace string) {
	t.Helper()
	namespace = s.namespace(t, map[string]string{"pullgate.dev/enforce": "off", "pullgate.dev/warn": "off", "pullgate.dev/audit": "off"})
	work := make(chan struct{})
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for range work {
				if o := s.create(t, namespace, pod(openHost+"/check/running:many")); o.denial != nil {
					t.Errorf("%s", o.denial.Message)
				}
			}
		})
	}
	for range n {
		work <- struct{}{}
	}
	close(work)
	workers.Wait()
	return namespace
}
