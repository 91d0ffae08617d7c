package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/pullgate/pullgate/e2e/build"
)

func binaries(t *testing.T) build.Paths {
	t.Helper()
	paths, err := build.Ensure(t.Context(), os.Stderr, build.ControlPlane()...)
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

const pod = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"web","image":"web:1"}]}}`

func TestCluster(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, err := Start(ctx, Options{
		Binaries:    binaries(t),
		AuditPolicy: "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)

	t.Run("kubectl", func(t *testing.T) { testKubectl(t, c) })
	t.Run("service account", func(t *testing.T) { testServiceAccount(t, c) })
	t.Run("API server restarted", func(t *testing.T) {
		ns, err := c.NewNamespace(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.RestartAPIServer(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Client().CoreV1().Namespaces().Get(t.Context(), ns, metav1.GetOptions{}); err != nil {
			t.Error(err)
		}
	})
	t.Run("audit log", func(t *testing.T) {
		log, err := os.ReadFile(c.AuditLog())
		if err != nil || !strings.Contains(string(log), `"kind":"Event"`) {
			t.Errorf("no events in the audit log: %v", err)
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		cancel()
		for _, p := range c.processes {
			select {
			case <-p.Done():
			case <-time.After(2 * time.Minute):
				t.Fatalf("process %d still runs", p.Pid())
			}
			if err := syscall.Kill(p.Pid(), 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("process %d: %v, want no such process", p.Pid(), err)
			}
		}
		c.Stop() // Waits for the other Stop.
		wantNothingLeft(t)
	})
}

func testKubectl(t *testing.T, c *Cluster) {
	ns, err := c.NewNamespace(t.Context(), map[string]string{"team": "a"})
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr, err := c.Kubectl(t.Context(), pod, "apply", "-n", ns, "-f", "-")
	if err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	if want := "pod/web created\n"; stdout != want {
		t.Errorf("stdout = %q, want %q", stdout, want)
	}
	_, stderr, err = c.Kubectl(t.Context(), "", "get", "pod", "nothing", "-n", ns)
	if want := `Error from server (NotFound): pods "nothing" not found`; err == nil || !strings.Contains(stderr, want) {
		t.Errorf("err = %v, stderr = %q, want %q", err, stderr, want)
	}
	stdout, _, err = c.Kubectl(t.Context(), "", "version")
	if err != nil || strings.Count(stdout, "v1.") < 2 || strings.Contains(stdout, "$Format") {
		t.Errorf("kubectl version: %v\n%s", err, stdout)
	}
}

func testServiceAccount(t *testing.T, c *Cluster) {
	ns, err := c.NewNamespace(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	path, err := c.ServiceAccountKubeconfig(t.Context(), ns, "default")
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	may, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(t.Context(), &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "get", Resource: "secrets", Namespace: ns},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if may.Status.Allowed {
		t.Error("a ServiceAccount without any role may read Secrets")
	}
}

func TestStartFails(t *testing.T) {
	good := binaries(t)
	broken := filepath.Join(t.TempDir(), "kube-apiserver")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\necho 'listen: no luck today' >&2\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := map[string]struct {
		ctx      context.Context
		binaries build.Paths
		want     []string
	}{
		"an API server that ends": {t.Context(), build.Paths{
			build.Etcd: good[build.Etcd], build.KubeAPIServer: broken, build.Kubectl: good[build.Kubectl],
		}, []string{"kube-apiserver", "exit code 3", "no luck today"}},
		"a binary that is not there": {t.Context(), build.Paths{build.Etcd: "etcd"}, []string{"no kube-apiserver binary"}},
		"a cancelled context":        {cancelled, good, []string{"context canceled"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			_, err := Start(tc.ctx, Options{Binaries: tc.binaries})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not mention %q", err, want)
				}
			}
			wantNothingLeft(t)
		})
	}
}

func wantNothingLeft(t *testing.T) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "pullgate-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
