package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/build"
)

const deployment = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{
	"replicas":2,"selector":{"matchLabels":{"app":"web"}},
	"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":"web:1"}]}}}}`

func TestControllerManager(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	paths, err := build.Ensure(t.Context(), os.Stderr, append(build.ControlPlane(), build.KubeControllerManager)...)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	c, err := Start(t.Context(), Options{Binaries: paths, ControllerManager: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	t.Logf("the cluster started in %s", time.Since(began))

	t.Run("a Deployment turns into Pods", func(t *testing.T) { testDeployment(t, c) })
	t.Run("both make the ServiceAccount", func(t *testing.T) {
		for range 20 {
			if _, err := c.NewNamespace(t.Context(), nil); err != nil {
				t.Error(err)
			}
		}
	})
	c.Stop()
	wantNothingLeft(t)
}

func testDeployment(t *testing.T, c *Cluster) {
	ns, err := c.NewNamespace(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, stderr, err := c.Kubectl(t.Context(), deployment, "apply", "-n", ns, "-f", "-"); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for {
		err := owned(ctx, c, ns)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// owned tells whether there are two Pods, and a ReplicaSet that owns them.
func owned(ctx context.Context, c *Cluster, namespace string) error {
	sets, err := c.Client().AppsV1().ReplicaSets(namespace).List(ctx, metav1.ListOptions{})
	if err != nil || len(sets.Items) != 1 {
		return errors.Join(err, errors.New("no ReplicaSet, or too many"))
	}
	pods, err := c.Client().CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	if len(pods.Items) != 2 {
		return fmt.Errorf("%d Pods, want 2", len(pods.Items))
	}
	for _, p := range pods.Items {
		if !metav1.IsControlledBy(&p, &sets.Items[0]) {
			return fmt.Errorf("Pod %s is not the ReplicaSet's", p.Name)
		}
	}
	return nil
}
