package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kubeletv1 "k8s.io/kubelet/config/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/provider"
)

// BenchmarkHandle is the warm path, from the bytes of an AdmissionReview to those
// of the answer, beside a handler that looks at nothing: what any webhook costs.
func BenchmarkHandle(b *testing.B) {
	for _, size := range []struct {
		name string
		pod  *corev1.Pod
	}{
		{"plain", podWithSecret("r.test/good:v1", "r.test/good:v2", "r.test/good:v3")},
		{"usual", usualPod("r.test/good:v1", "r.test/good:v2", "r.test/good:v3")},
		{"provided", podWithoutSecret("p.test/good:v1", "p.test/good:v2", "p.test/good:v3")},
	} {
		review := reviewOf(b, size.pod)
		warm := newFuzzed(b, resolver.WithNodeCredentials(provided()))
		warm.secret, warm.level = []byte(`{"auths":{"r.test":{"auth":"dTpw"}}}`), "definite"
		for _, handler := range []struct {
			name string
			http.Handler
		}{
			{"no-op", withDeadline(&admission.Webhook{Handler: admission.HandlerFunc(func(context.Context, admission.Request) admission.Response { return admission.Allowed("") })})},
			{"pullgate", warm},
		} {
			b.Run(fmt.Sprintf("%s/%s", size.name, handler.name), func(b *testing.B) {
				mustAllow(b, handler, review) // from now on it is known
				for handler.name == "pullgate" && warm.asked.Load() < wholeImage {
					time.Sleep(time.Millisecond)
				}
				mustAllow(b, handler, review)
				asked := warm.asked.Load()
				b.ReportAllocs()
				for b.Loop() {
					send(handler, review)
				}
				if n := warm.asked.Load() - asked; n > 0 {
					b.Errorf("%d requests to registries on the warm path", n)
				}
			})
		}
	}
}

// wholeImage is what three tags of an image cost a registry: a HEAD each, and in the
// background a GET of the manifest and one of the config.
const wholeImage = 5

func podWithSecret(images ...string) *corev1.Pod {
	pod := podOf(images...)
	pod.APIVersion, pod.Kind, pod.Name = "v1", "Pod", "web"
	pod.Spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "pull"}}
	return pod
}

func podWithoutSecret(images ...string) *corev1.Pod {
	pod := podWithSecret(images...)
	pod.Spec.ImagePullSecrets = nil
	return pod
}

// provided are a credential provider that has credentials for p.test.
func provided() *resolver.NodeCredentials {
	nodes := &resolver.NodeCredentials{}
	nodes.UseProviders(provider.New(&provider.Config{Providers: []provider.Provider{{CredentialProvider: kubeletv1.CredentialProvider{
		Name: "plugin", MatchImages: []string{"p.test"}, DefaultCacheDuration: &metav1.Duration{Duration: time.Hour},
		APIVersion: "credentialprovider.kubelet.k8s.io/v1",
	}}}}, provider.Options{Runner: answering{}}))
	return nodes
}

// answering is a plugin that always answers.
type answering struct{}

// Run answers.
func (answering) Run(context.Context, provider.Command) (provider.Output, error) {
	return provider.Output{Stdout: []byte(`{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1",` +
		`"cacheKeyType":"Registry","auth":{"p.test":{"username":"u","password":"p"}}}`)}, nil
}

// usualPod has what Pods of real Deployments have beside images.
func usualPod(images ...string) *corev1.Pod {
	pod := podWithSecret(images...)
	pod.Labels = map[string]string{"app.kubernetes.io/name": "web", "app.kubernetes.io/instance": "web-7c9d", "pod-template-hash": "7c9d"}
	pod.Spec.NodeSelector = map[string]string{"kubernetes.io/os": "linux"}
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		c.Name = fmt.Sprint("c", i)
		c.Args = []string{"--verbose", "--listen=:8080"}
		for n := range 20 {
			c.Env = append(c.Env, corev1.EnvVar{Name: fmt.Sprint("VARIABLE_", n), Value: "some value of some length"})
		}
		c.Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("128Mi")}
		c.VolumeMounts = []corev1.VolumeMount{{Name: "config", MountPath: "/etc/web"}, {Name: "token", MountPath: "/var/run/secrets/kubernetes.io/serviceaccount", ReadOnly: true}}
	}
	pod.Spec.Volumes = []corev1.Volume{{Name: "config"}, {Name: "token"}}
	return pod
}

func send(h http.Handler, review []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/validate?timeout=5s", bytes.NewReader(review))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// mustAllow fails unless a review is answered with yes, and without a warning.
func mustAllow(tb testing.TB, h http.Handler, review []byte) {
	tb.Helper()
	var answer admissionv1.AdmissionReview
	if err := json.Unmarshal(send(h, review).Body.Bytes(), &answer); err != nil {
		tb.Fatal(err)
	}
	if r := answer.Response; r == nil || !r.Allowed || len(r.Warnings) > 0 {
		tb.Fatalf("answered %+v", r)
	}
}
