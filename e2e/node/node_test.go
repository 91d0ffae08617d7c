//go:build conformance && linux

package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/netns"
	"github.com/pullgate/pullgate/e2e/registry"
)

const host = "registry.example.com"

// TestMain runs the tests in a network of their own.
func TestMain(m *testing.M) {
	if os.Geteuid() != 0 {
		fmt.Fprintln(os.Stderr, "a node needs root: `make conformance` is run as root, on Linux")
		os.Exit(1)
	}
	// Built outside, for inside no module could be fetched.
	if netns.Inside() != nil {
		if _, err := build.Ensure(context.Background(), os.Stderr, build.Rooted()...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	inside, code, err := netns.Run(context.Background(), []string{Address + "/32"})
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	case !inside:
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// setUp starts a registry with one image, and a cluster.
func setUp(ctx context.Context, t *testing.T) (*cluster.Cluster, Options) {
	t.Helper()
	paths, err := build.Ensure(ctx, os.Stderr, build.Rooted()...)
	if err != nil {
		t.Fatal(err)
	}
	r, err := registry.Start(ctx, registry.Options{Binary: paths[build.Registry]})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	image, err := registry.ProgramImage(paths[build.Pause])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.PushImage(ctx, "acme/app", "v1", image); err != nil {
		t.Fatal(err)
	}
	certsD := filepath.Join(t.TempDir(), "certs.d")
	if err := registry.CertsD(certsD, map[string]*registry.Registry{host: r}); err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(ctx, cluster.Options{Binaries: paths, ControllerManager: true, Scheduler: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return c, Options{Binaries: paths, CertsD: certsD}
}

func TestNode(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	c, options := setUp(t.Context(), t)
	before := takeInventory(t)
	began := time.Now()
	n, err := Start(t.Context(), c, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	t.Logf("the node started in %s", time.Since(began))

	ns, err := c.NewNamespace(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	wait(t, n, c, ns, "good", host+"/acme/app:v1", func(p *corev1.Pod) bool { return p.Status.Phase == corev1.PodRunning })
	t.Logf("a Pod runs after %s", time.Since(began))
	for _, reason := range []string{"ErrImagePull", "ImagePullBackOff"} {
		wait(t, n, c, ns, "missing", host+"/acme/app:v2", func(p *corev1.Pod) bool {
			for _, s := range p.Status.ContainerStatuses {
				if s.State.Waiting != nil && s.State.Waiting.Reason == reason {
					return true
				}
			}
			return false
		})
	}
	for _, kind := range []string{"process", "mount", "link", "file"} {
		if !before.hasMore(t, kind) {
			t.Errorf("the inventory misses every %s of a node that runs", kind)
		}
	}
	began = time.Now()
	n.Stop()
	t.Logf("the node stopped in %s", time.Since(began))
	before.compare(t)
}

// wait makes a Pod, where it isn't there yet, and waits until it is as it should.
func wait(t *testing.T, n *Node, c *cluster.Cluster, namespace, name, image string, good func(*corev1.Pod) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	pods := c.Client().CoreV1().Pods(namespace)
	_, _ = pods.Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: image}}},
	}, metav1.CreateOptions{})
	for {
		p, err := pods.Get(ctx, name, metav1.GetOptions{})
		if err == nil && good(p) {
			return
		}
		select {
		case <-ctx.Done():
			described, _, _ := c.Kubectl(context.Background(), "", "describe", "pod", name, "-n", namespace)
			kubelet, containerd := n.Logs()
			t.Fatalf("%v\n%s\nkubelet: %s\ncontainerd: %s", err, described, kubelet, containerd)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func TestStartFails(t *testing.T) {
	c, good := setUp(t.Context(), t)
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\necho 'no luck today' >&2\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	// The names are short, for they become part of the sockets'.
	for name, tc := range map[string]struct {
		binary string // the one that ends at once
		limit  time.Duration
		want   string
	}{
		"kubelet":    {build.Kubelet, 10 * time.Minute, "no luck today"},
		"containerd": {build.Containerd, 10 * time.Minute, "no luck today"},
		"in between": {"", time.Second, "deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			before := takeInventory(t)
			options := good
			options.Binaries = build.Paths{}
			for name, path := range good.Binaries {
				options.Binaries[name] = path
			}
			if tc.binary != "" {
				options.Binaries[tc.binary] = broken
			}
			ctx, cancel := context.WithTimeout(t.Context(), tc.limit)
			defer cancel()
			_, err := Start(ctx, c, options)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("err = %v, want %q", err, tc.want)
			}
			before.compare(t)
		})
	}
}

// TestEndsWithItsContext is the node's end that nobody asks for.
func TestEndsWithItsContext(t *testing.T) {
	c, options := setUp(t.Context(), t)
	t.Setenv("TMPDIR", t.TempDir())
	before := takeInventory(t)
	ctx, cancel := context.WithCancel(t.Context())
	n, err := Start(ctx, c, options)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case <-n.kubelet.Done():
	case <-time.After(2 * time.Minute):
		t.Error("the kubelet still runs")
	}
	n.Stop() // Waits for the other Stop.
	before.compare(t)
}
