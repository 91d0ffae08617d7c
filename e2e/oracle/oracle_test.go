//go:build conformance

package oracle

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/containerd"
	e2eregistry "github.com/pullgate/pullgate/e2e/registry"
)

// The registries. They exist in the certs.d folder only.
const (
	open    = "open.example.com"
	private = "private.example.com" // wants the password "right"
	silent  = "silent.example.com"  // takes connections and says nothing
)

// start starts a node and the registries, and returns the address to push to.
func start(t *testing.T) (*Node, string) {
	t.Helper()
	return startAs(t, Options{})
}

func startAs(t *testing.T, o Options) (*Node, string) {
	t.Helper()
	if err := containerd.Possible(); err != nil {
		t.Fatalf("%v; `make conformance` is run as root, on Linux", err)
	}
	paths, err := build.Ensure(t.Context(), os.Stderr, build.Containerd)
	if err != nil {
		t.Fatal(err)
	}
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	guarded := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != "right" {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(guarded.Close)
	hole, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hole.Close() })

	certsD := t.TempDir()
	for host, url := range map[string]string{open: server.URL, private: guarded.URL, silent: "http://" + hole.Addr().String()} {
		if err := e2eregistry.MapHost(certsD, host, url, ""); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	o.Containerd, o.CertsD = paths[build.Containerd], certsD
	n, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	t.Logf("the node started in %s", time.Since(began))
	return n, strings.TrimPrefix(server.URL, "http://")
}

func push(t *testing.T, address, image string) {
	t.Helper()
	content, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.NewTag(address + "/" + image)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, content); err != nil {
		t.Fatal(err)
	}
}

// secret is a pull Secret for the private registry.
func secret(name, password string) corev1.Secret {
	auth := base64.StdEncoding.EncodeToString([]byte("ci:" + password))
	return corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID("uid-of-" + name)},
		Type:       corev1.SecretTypeDockerConfigJson,
		Data: map[string][]byte{
			corev1.DockerConfigJsonKey: fmt.Appendf(nil, `{"auths":{%q:{"auth":%q}}}`, private, auth),
		},
	}
}

func malformed() corev1.Secret {
	s := secret("malformed", "")
	s.Data[corev1.DockerConfigJsonKey] = []byte(`{"auths":[]}`)
	return s
}

func TestPull(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	n, address := start(t)
	push(t, address, "acme/app:v1")

	bad, good := secret("bad", "wrong"), secret("good", "right")
	tests := []struct {
		name    string
		request Request
		want    Result // Message is a part of it
	}{
		{"never, absent", Request{Image: open + "/acme/app:v1", PullPolicy: corev1.PullNever}, Result{Reason: "ErrImageNeverPull", Message: "is not present with pull policy of Never"}},
		{"public", Request{Image: open + "/acme/app:v1"}, Result{Pulled: true}},
		{"image volume", Request{Image: open + "/acme/app:v1", ImageVolume: true, PullPolicy: corev1.PullAlways}, Result{Pulled: true}},
		{"never, present", Request{Image: open + "/acme/app:v1", PullPolicy: corev1.PullNever}, Result{Pulled: true}},
		{"missing tag", Request{Image: open + "/acme/app:v2"}, Result{Reason: "ErrImagePull", Message: "not found"}},
		{"invalid name, never", Request{Image: "Nginx:1", PullPolicy: corev1.PullNever}, Result{Reason: "InvalidImageName", Message: "must be lowercase"}},
		{"malformed Secret", Request{Image: open + "/acme/app:v1", PullPolicy: corev1.PullAlways, Secrets: []corev1.Secret{malformed()}}, Result{Reason: "json: cannot unmarshal array into Go struct field", Message: "json: cannot unmarshal array"}},
		{"no credential", Request{Image: private + "/acme/app:v1"}, Result{Reason: "ErrImagePull", Message: "no basic auth credentials"}},
		{"bad credential", Request{Image: private + "/acme/app:v1", Secrets: []corev1.Secret{bad}}, Result{Reason: "ErrImagePull", Message: "401 Unauthorized"}},
		{"bad credential, then good", Request{Image: private + "/acme/app:v1", Secrets: []corev1.Secret{bad, good}}, Result{Pulled: true}},
		{"present by another's Secret", Request{Image: private + "/acme/app:v1", PullPolicy: corev1.PullNever}, Result{Reason: "ErrImageNeverPull"}},
		{"present by the same Secret", Request{Image: private + "/acme/app:v1", PullPolicy: corev1.PullNever, Secrets: []corev1.Secret{good}}, Result{Pulled: true}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			began := time.Now()
			got := n.Pull(t.Context(), tc.request)
			t.Logf("%s", time.Since(began))
			if got.Pulled != tc.want.Pulled || !strings.HasPrefix(got.Reason, tc.want.Reason) || !strings.Contains(got.Message, tc.want.Message) {
				t.Errorf("got  %+v\nwant %+v", got, tc.want)
			}
		})
	}

	t.Run("a silent registry ends with the context", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		got := n.Pull(ctx, Request{Image: silent + "/acme/app:v1"})
		if got.Reason != "ErrImagePull" || !strings.Contains(got.Message, "context deadline exceeded") {
			t.Errorf("%+v", got)
		}
	})
	t.Run("removed", func(t *testing.T) {
		present := Request{Image: open + "/acme/app:v1", PullPolicy: corev1.PullNever}
		if got := n.Pull(t.Context(), present); !got.Pulled {
			t.Fatalf("it was not even there: %+v", got)
		}
		for range 2 {
			if err := n.Remove(t.Context(), present.Image); err != nil {
				t.Fatal(err)
			}
			if got := n.Pull(t.Context(), present); got.Reason != "ErrImageNeverPull" {
				t.Errorf("still there: %+v", got)
			}
		}
		for _, image := range []string{"Nginx:1", open + "/none"} {
			if err := n.Remove(t.Context(), image); err != nil {
				t.Error(err)
			}
		}
	})

	n.Stop()
	left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "pullgate-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || strings.Contains(string(mounts), os.Getenv("TMPDIR")) {
		t.Errorf("mounts are left behind, or: %v", err)
	}
}

// TestManyPulls tells how long a pull takes, one by one and eight at a time.
func TestManyPulls(t *testing.T) {
	n, address := start(t)
	const images = 160
	for i := range images {
		push(t, address, fmt.Sprintf("many/app%d:v1", i))
	}
	for _, workers := range []int{1, 8} {
		work := make(chan int)
		var group sync.WaitGroup
		began := time.Now()
		for range workers {
			group.Go(func() {
				for i := range work {
					request := Request{Image: fmt.Sprintf("%s/many/app%d:v1", open, i), PullPolicy: corev1.PullAlways}
					if got := n.Pull(t.Context(), request); !got.Pulled {
						t.Errorf("%s: %+v", request.Image, got)
					}
				}
			})
		}
		for i := range images {
			work <- i
		}
		close(work)
		group.Wait()
		t.Logf("%d at a time: %s a pull", workers, time.Since(began)/images)

		began = time.Now()
		if err := n.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Logf("Reset of %d images: %s", images, time.Since(began))
		if log, err := os.Stat(n.containerd.Log()); err == nil {
			t.Logf("containerd's log: %d kB", log.Size()>>10)
		}
		if got := n.Pull(t.Context(), Request{Image: open + "/many/app0:v1", PullPolicy: corev1.PullNever}); got.Reason != "ErrImageNeverPull" {
			t.Errorf("an image outlived Reset: %+v", got)
		}
		for _, kept := range []string{"content.v1.content/blobs/sha256/*", "snapshotter.v1.overlayfs/snapshots/*"} {
			if left, err := filepath.Glob(n.folder.Path("root/io.containerd." + kept)); err != nil || len(left) > 0 {
				t.Errorf("Reset leaves %d of %s, %v", len(left), kept, err)
			}
		}
	}
}
