package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"github.com/opencontainers/go-digest"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// FuzzHandle sends any bytes as an AdmissionReview, and a review of a Pod with
// any image and any pull Secret, to all that there is between the HTTP server and
// the registries.
func FuzzHandle(f *testing.F) {
	review := func(kind, object string) []byte {
		return fmt.Appendf(nil, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"7","operation":"CREATE",`+
			`"kind":{"group":"apps","version":"v1","kind":%q},"namespace":"dev","object":%s}}`, kind, object)
	}
	for _, image := range []string{"nginx", "r.test/good:v1", "r.test/missing:v1", "r.test/private:v1", "r.test/failing:v1", "r.test/limited:v1",
		"r.test/html:v1", "r.test/index:v1", "r.test/loop:v1", "No Image", "x\x1b[31m\n", "localhost/x", "169.254.169.254/x", "r.test/" + strings.Repeat("a", 300)} {
		f.Add([]byte("{}"), image, []byte(`{"auths":{"r.test":{"auth":"dTpw"}}}`), "definite")
	}
	f.Add([]byte(""), "nginx", []byte(`{"auths":{"r.test":{"auth":"hunter2"}}}`), "strict")
	f.Add([]byte("null"), "r.test/private:v1", []byte(`{"auths":{"other.test":{}}}`), "off")
	f.Add(review("Deployment", `{"spec":{"template":{"spec":{"containers":[{"image":"r.test/missing:v1"}]}}}}`), "", []byte(""), "x\r\n")
	f.Add(review("Deployment", `{"spec":{"template":{"spec":{"volumes":[{"image":{"reference":"\u0000"}}],"nodeSelector":{"a":"b"}}}}}`), "", []byte(""), "")
	f.Add(review("ConfigMap", `null`), "", []byte(""), "")
	f.Add(review("StatefulSet", strings.Repeat("[", 3000)), "", []byte(""), "")
	handler := newFuzzed(f)
	f.Fuzz(func(t *testing.T, review []byte, image string, secret []byte, level string) {
		handler.secret, handler.level = secret, level
		handler.send(t, review)
		pod := &corev1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: metav1.ObjectMeta{Namespace: "dev", Name: image}}
		pod.Spec.Containers = []corev1.Container{{Image: image}, {Image: "r.test/good:v1"}, {Image: image + ":x", ImagePullPolicy: corev1.PullPolicy(level)}}
		pod.Spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: fmt.Sprintf("s%x", crc32.ChecksumIEEE(secret))}, {Name: image}}
		handler.send(t, reviewOf(t, pod))
	})
}

// reviewOf is the creation of a Pod.
func reviewOf(t testing.TB, pod *corev1.Pod) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]any{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": map[string]any{
		"uid": "7", "operation": "CREATE", "kind": map[string]string{"version": "v1", "kind": "Pod"}, "namespace": "dev", "object": pod,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// inStillTime makes a test whose time does not pass, so that no deadline is over however
// slow the machine is: in a bubble of testing/synctest no time passes while anybody may
// hear from a socket, as the registries do.
func inStillTime(f func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) { synctest.Test(t, f) }
}

// fuzzed is the webhook with its surroundings: registries on loopback, and an API
// server that has one pull Secret, one label and one node.
type fuzzed struct {
	http.Handler
	secret []byte
	level  string
	gets   atomic.Int64 // of Secrets
	asked  atomic.Int64 // requests to registries
	// allocated is how much memory the last answer took, in bytes.
	allocated uint64
}

func newFuzzed(t testing.TB, options ...resolver.Option) *fuzzed {
	t.Helper()
	h := &fuzzed{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.asked.Add(1)
		oddRegistries(w, r)
	}))
	t.Cleanup(server.Close)
	config := resolver.DefaultConfig()
	// Whatever host is named, it is this one.
	config.Registries.ConfigDir = registrytest.ConfigDir(t, map[string]string{"_default": server.URL})
	config.Cache.Entries = 8
	checker, err := resolver.New(config, "pullgate/test", options...)
	if err != nil {
		t.Fatal(err)
	}
	h.Handler = NewHandler(&Validator{
		Config:     DefaultConfig(),
		Namespaces: h,
		Examiner:   Examiner{Checker: checker, Secrets: NewSecrets(h), Accounts: NewServiceAccounts(h), Nodes: nodeList{nodes: []*Node{node("n", "amd64")}}},
	})
	return h
}

// Labels is the namespace's.
func (h *fuzzed) Labels(context.Context, string) (map[string]string, error) {
	return map[string]string{EnforceLabel: h.level}, nil
}

// Get reads the Secret, and everything else as if it were empty.
func (h *fuzzed) Get(_ context.Context, key client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	if s, ok := obj.(*corev1.Secret); ok {
		h.gets.Add(1)
		s.Name, s.Type = key.Name, corev1.SecretTypeDockerConfigJson
		s.Data = map[string][]byte{corev1.DockerConfigJsonKey: h.secret}
	}
	return nil
}

// List lists nothing.
func (h *fuzzed) List(context.Context, client.ObjectList, ...client.ListOption) error { return nil }

// oddRegistries answers by the repository's name.
func oddRegistries(w http.ResponseWriter, r *http.Request) {
	has := func(name string) bool { return strings.Contains(r.URL.Path, name) }
	w.Header().Set("Docker-Content-Digest", "sha256:"+strings.Repeat("a", 64))
	switch {
	case has("/tags/list"):
		io.WriteString(w, `{"tags":["v1","v2","latest"]}`)
	case has("missing"):
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"errors":[{"code":"MANIFEST_UNKNOWN"}]}`)
	case has("private"):
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	case has("failing"):
		w.WriteHeader(http.StatusBadGateway)
	case has("limited"):
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
	case has("html"):
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<html>")
	case has("loop"):
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	case has("index"):
		w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
		io.WriteString(w, `{"manifests":[]}`)
	case has("/blobs/"):
		io.WriteString(w, `{}`)
	default:
		w.Header().Set("Docker-Content-Digest", digest.FromString(goodManifest).String())
		w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		io.WriteString(w, goodManifest)
	}
}

// goodManifest has no layers, and an empty config.
const goodManifest = `{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json",` +
	`"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}`

// Limits of an answer, in bytes: what it has itself, and what may be allocated for it, by
// the registries too. Whatever is done for each image with all of a Secret costs more.
const (
	maxAnswer    = 256 << 10
	maxAllocated = 128 << 20
)

// send sends a review, and holds the answer against what is promised of every
// one.
func (h *fuzzed) send(t *testing.T, body []byte) *admissionv1.AdmissionResponse {
	t.Helper()
	w := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/validate?timeout=30s", bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	h.ServeHTTP(w, req)
	runtime.ReadMemStats(&after)
	if h.allocated = after.TotalAlloc - before.TotalAlloc; h.allocated > maxAllocated {
		t.Errorf("allocated %d MiB, want at most %d", h.allocated>>20, maxAllocated>>20)
	}
	answer := w.Body.Bytes()
	if len(answer) > maxAnswer {
		t.Fatalf("an answer of %d bytes to %d", len(answer), len(body))
	}
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(answer, &review); err != nil || review.Response == nil {
		t.Fatalf("no AdmissionReview: %v: %.500s", err, answer)
	}
	wantAnswer(t, review.Response)
	return review.Response
}

func wantAnswer(t *testing.T, r *admissionv1.AdmissionResponse) {
	t.Helper()
	total := 0
	for _, w := range r.Warnings {
		total += len(w)
		wantLine(t, w, 256)
	}
	if total >= 4096 {
		t.Fatalf("warnings of %d bytes", total)
	}
	for key, a := range r.AuditAnnotations {
		if strings.Contains(key, "/") || len(a) > 5000 {
			t.Fatalf("annotation %q of %d bytes", key, len(a))
		}
	}
	if r.Allowed {
		return
	}
	if r.Result == nil {
		t.Fatal("denied without a word")
	}
	if r.Result.Code == http.StatusBadRequest || r.Result.Code == http.StatusRequestEntityTooLarge {
		return
	}
	if r.Result.Code != http.StatusForbidden || r.Result.Details == nil || len(r.Result.Details.Causes) == 0 {
		t.Fatalf("an answer that is no denial: %+v", r.Result)
	}
	wantLine(t, r.Result.Message, 4096)
	if r.AuditAnnotations[annotationLevels] != "enforce=definite warn=strict audit=strict" {
		return // a strict namespace wants more
	}
	for _, c := range r.Result.Details.Causes {
		if !slices.Contains(resolver.Reasons(resolver.ClassDefinite), resolver.Reason(c.Type)) {
			t.Fatalf("denied for %s: %s", c.Type, c.Message)
		}
	}
}

func wantLine(t *testing.T, text string, limit int) {
	t.Helper()
	if len(text) > limit || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		t.Fatalf("no printable line of at most %d bytes: %q", limit, text)
	}
}
