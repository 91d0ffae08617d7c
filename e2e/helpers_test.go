package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/pullgate/pullgate/e2e/pullgate"
	"github.com/pullgate/pullgate/e2e/registry"
)

func (s *suite) namespace(t *testing.T, labels map[string]string) string {
	t.Helper()
	ns, err := s.cluster.NewNamespace(t.Context(), labels)
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

func push(t *testing.T, r *registry.Registry, repository, tag string) (digest string) {
	t.Helper()
	digest, err := r.Push(t.Context(), repository, tag)
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// pod is a Pod with one container for each image.
func pod(images ...string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: "web-"}}
	for i, image := range images {
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: "c" + string(rune('0'+i)), Image: image})
	}
	return p
}

// withSecrets names pull Secrets in a Pod.
func withSecrets(p *corev1.Pod, names ...string) *corev1.Pod {
	for _, name := range names {
		p.Spec.ImagePullSecrets = append(p.Spec.ImagePullSecrets, corev1.LocalObjectReference{Name: name})
	}
	return p
}

// pullSecret creates a Secret with one credential.
func (s *suite) pullSecret(t *testing.T, namespace, name, host, user, password string) {
	t.Helper()
	s.rawSecret(t, namespace, name, logins(t, user, password, host))
}

// logins is the content of a docker configuration file with the same login for
// each host.
func logins(t *testing.T, user, password string, hosts ...string) string {
	t.Helper()
	auths := map[string]any{}
	for _, host := range hosts {
		auths[host] = map[string]string{"username": user, "password": password}
	}
	config, err := json.Marshal(map[string]any{"auths": auths})
	if err != nil {
		t.Fatal(err)
	}
	return string(config)
}

func (s *suite) rawSecret(t *testing.T, namespace, name, dockerConfigJSON string) {
	t.Helper()
	_, err := s.cluster.Client().CoreV1().Secrets(namespace).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Type:       corev1.SecretTypeDockerConfigJson,
		Data:       map[string][]byte{corev1.DockerConfigJsonKey: []byte(dockerConfigJSON)},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// outcome is what the API server answered.
type outcome struct {
	pod      *corev1.Pod
	denial   *metav1.Status // nil if the request was let through
	warnings []string
}

// recorder keeps the warnings that come with an answer.
type recorder struct {
	mu       sync.Mutex
	warnings []string
}

func (r *recorder) HandleWarningHeader(code int, _, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if code == 299 {
		r.warnings = append(r.warnings, text)
	}
}

// do sends a request with a client that keeps the warnings.
func (s *suite) do(request func(kubernetes.Interface) (*corev1.Pod, error)) outcome {
	r := &recorder{}
	config := s.cluster.RESTConfig()
	config.WarningHandler = r
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return outcome{denial: &metav1.Status{Message: err.Error()}}
	}
	p, err := request(client)
	o := outcome{pod: p, warnings: r.warnings}
	var status apierrors.APIStatus
	switch {
	case err == nil:
	case errors.As(err, &status):
		denial := status.Status()
		o.denial = &denial
	default: // No answer at all. No t.Fatal: some cases are in goroutines.
		o.denial = &metav1.Status{Message: err.Error()}
	}
	return o
}

func (s *suite) create(t *testing.T, namespace string, p *corev1.Pod) outcome {
	t.Helper()
	return s.do(func(c kubernetes.Interface) (*corev1.Pod, error) {
		return c.CoreV1().Pods(namespace).Create(t.Context(), p, metav1.CreateOptions{})
	})
}

func (s *suite) update(t *testing.T, p *corev1.Pod) outcome {
	t.Helper()
	return s.do(func(c kubernetes.Interface) (*corev1.Pod, error) {
		return c.CoreV1().Pods(p.Namespace).Update(t.Context(), p, metav1.UpdateOptions{})
	})
}

// created requires that the request was let through without a word.
func (o outcome) created(t *testing.T) {
	t.Helper()
	if o.denial != nil {
		t.Fatalf("denied: %s", o.denial.Message)
	}
	if len(o.warnings) > 0 {
		t.Errorf("warnings: %q", o.warnings)
	}
}

// warned requires that the request was let through, with a warning that has
// all of the words.
func (o outcome) warned(t *testing.T, words ...string) {
	t.Helper()
	if o.denial != nil {
		t.Fatalf("denied: %s", o.denial.Message)
	}
	for _, w := range o.warnings {
		wantOneLine(t, w)
	}
	if !slices.ContainsFunc(o.warnings, func(w string) bool { return containsAll(w, words) }) {
		t.Errorf("no warning with all of %q in %q", words, o.warnings)
	}
}

// denied requires a denial by the webhook, for a reason at a field, with all of
// the words in its message.
func (o outcome) denied(t *testing.T, reason, field string, words ...string) {
	t.Helper()
	if o.denial == nil {
		t.Fatalf("let through, with the warnings %q", o.warnings)
	}
	d := o.denial
	if d.Code != 403 || d.Reason != metav1.StatusReasonForbidden {
		t.Errorf("code %d, reason %q, want 403 Forbidden", d.Code, d.Reason)
	}
	if said, denied := pullgate.Denial(d.Message); !denied || !strings.HasPrefix(said, `image "`) || !strings.HasPrefix(d.Message, "admission webhook ") {
		t.Errorf("message %q does not begin as a denial does", d.Message)
	}
	wantOneLine(t, d.Message)
	for _, w := range words {
		if !strings.Contains(d.Message, w) {
			t.Errorf("message %q does not mention %q", d.Message, w)
		}
	}
	if !strings.Contains(d.Message, "("+field+")") {
		t.Errorf("message %q does not mention (%s)", d.Message, field)
	}
	o.hasCause(t, reason, field)
	// What the denial says is not said twice. A warning about something else, an
	// invalid label, is in its place.
	if slices.ContainsFunc(o.warnings, func(w string) bool { return strings.HasPrefix(w, `image "`) }) {
		t.Errorf("a denial comes with the warnings %q", o.warnings)
	}
}

func (o outcome) hasCause(t *testing.T, reason, field string) {
	t.Helper()
	if o.denial.Details == nil {
		t.Fatal("the denial has no details")
	}
	if !slices.ContainsFunc(o.denial.Details.Causes, func(c metav1.StatusCause) bool {
		return string(c.Type) == reason && c.Field == field && c.Message != ""
	}) {
		t.Errorf("no cause %s at %s in %+v", reason, field, o.denial.Details.Causes)
	}
}

func containsAll(text string, words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

func wantOneLine(t *testing.T, text string) {
	t.Helper()
	if i := strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }); i >= 0 {
		t.Errorf("control character at byte %d of %q", i, text)
	}
}

// kubectl runs kubectl and returns what a user sees: both streams.
func (s *suite) kubectl(t *testing.T, args ...string) (string, error) {
	t.Helper()
	stdout, stderr, err := s.cluster.Kubectl(t.Context(), "", args...)
	return stdout + stderr, err
}

// eventually retries until try succeeds.
func eventually(t *testing.T, what string, try func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	for {
		err := try(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
