package webhook

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

// counting counts reads of the API server.
type counting struct {
	client.Reader
	gets atomic.Int64
}

func (c *counting) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	c.gets.Add(1)
	return c.Reader.Get(ctx, key, obj, opts...)
}

func TestSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := &counting{Reader: fake.NewClientBuilder().WithObjects(&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: "dev", Name: "regcred"},
			Type:       corev1.SecretTypeDockerConfigJson,
			Data:       map[string][]byte{corev1.DockerConfigJsonKey: []byte(`{}`), "other": []byte("x")},
		}).Build()}
		s := NewSecrets(live)
		refs := []corev1.LocalObjectReference{{Name: "regcred"}, {Name: ""}, {Name: "gone"}}

		named, cached := s.Read(t.Context(), "dev", refs, false)
		if cached || live.gets.Load() != 2 {
			t.Errorf("first read: cached %t, %d gets", cached, live.gets.Load())
		}
		if named[0].Secret == nil {
			t.Error("regcred was not read")
		}
		if named[1].Secret != nil || named[1].Err != nil {
			t.Errorf("nameless: %+v", named[1])
		}
		if !apierrors.IsNotFound(named[2].Err) {
			t.Errorf("gone: %v", named[2].Err)
		}

		// What was found is kept; what was not may have been created since.
		if _, cached = s.Read(t.Context(), "dev", refs, false); !cached || live.gets.Load() != 3 {
			t.Errorf("second read: cached %t, %d gets", cached, live.gets.Load())
		}
		if _, cached = s.Read(t.Context(), "dev", refs, true); cached || live.gets.Load() != 5 {
			t.Errorf("read anew: cached %t, %d gets", cached, live.gets.Load())
		}
		time.Sleep(apiTTL + 1)
		if _, cached = s.Read(t.Context(), "dev", refs, false); cached || live.gets.Load() != 7 {
			t.Errorf("after its time: cached %t, %d gets", cached, live.gets.Load())
		}
		// The same name in another namespace is another Secret.
		if named, _ = s.Read(t.Context(), "prod", refs[:1], false); !apierrors.IsNotFound(named[0].Err) {
			t.Errorf("in another namespace: %+v", named[0])
		}
	})
}

// Many Pods of a namespace that come at once cost one read of their Secret.
func TestSecretsAreReadOnce(t *testing.T) {
	live := &slow{}
	s := NewSecrets(live)
	synctest.Test(t, func(t *testing.T) {
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if named, _ := s.Read(t.Context(), "dev", []corev1.LocalObjectReference{{Name: "regcred"}}, false); named[0].Err != nil || named[0].Secret == nil {
					t.Errorf("%+v", named[0])
				}
			})
		}
		wg.Wait()
		if n := live.gets.Load(); n != 1 {
			t.Errorf("%d reads", n)
		}
	})
}

// slow answers after a while, with an empty object.
type slow struct {
	client.Reader
	gets atomic.Int64
}

// Get takes a second.
func (s *slow) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	s.gets.Add(1)
	time.Sleep(time.Second)
	return nil
}
