package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/pullgate/pullgate/resolver"
)

// checkerFunc, labels and secrets stand in for what the end-to-end tests use
// for real: here they must fail, panic and be counted.
type checkerFunc func(resolver.Image, resolver.Pod) resolver.Verdict

func (f checkerFunc) Check(_ context.Context, i resolver.Image, p resolver.Pod) resolver.Verdict {
	return f(i, p)
}

// Instant knows nothing.
func (checkerFunc) Instant(resolver.Image, resolver.Pod) (v resolver.Verdict, known bool) {
	return v, false
}

type labels struct {
	set map[string]string
	err error
}

func (l labels) Labels(context.Context, string) (map[string]string, error) { return l.set, l.err }

type secrets struct {
	cached bool
	reads  []bool // anew, one per read
}

func (s *secrets) Read(_ context.Context, _ string, _ []corev1.LocalObjectReference, anew bool) ([]resolver.NamedSecret, bool) {
	s.reads = append(s.reads, anew)
	return nil, s.cached && !anew
}

// accounts are the pull Secrets of each ServiceAccount.
type accounts map[string][]corev1.LocalObjectReference

func (a accounts) PullSecrets(_ context.Context, _, account string, _ bool) ([]corev1.LocalObjectReference, bool, error) {
	return a[account], false, nil
}

func verdict(reason resolver.Reason) checkerFunc {
	return func(i resolver.Image, _ resolver.Pod) resolver.Verdict {
		v := resolver.Verdict{Image: i.Reference, Reason: reason, Class: reason.Class()}
		if reason != resolver.Pullable {
			v.Message = "as told"
		}
		return v
	}
}

func newValidator(t *testing.T, checker Checker, l labels) (*Validator, *secrets) {
	t.Helper()
	s := &secrets{}
	return &Validator{
		Config:     DefaultConfig(),
		Namespaces: l,
		Examiner:   Examiner{Checker: checker, Secrets: s, Accounts: accounts{}, Nodes: nodeList{}},
	}, s
}

// podOf makes a Pod of containers.
func podOf(images ...string) *corev1.Pod {
	pod := &corev1.Pod{}
	for _, image := range images {
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Image: image})
	}
	return pod
}

func request(t *testing.T, op admissionv1.Operation, pod, old *corev1.Pod) admission.Request {
	t.Helper()
	raw := func(p *corev1.Pod) runtime.RawExtension {
		if p == nil {
			return runtime.RawExtension{}
		}
		p.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
		data, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		return runtime.RawExtension{Raw: data}
	}
	return admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		UID: "1", Kind: metav1.GroupVersionKind{Version: "v1", Kind: "Pod"}, Operation: op,
		Namespace: "dev", Object: raw(pod), OldObject: raw(old),
	}}
}

func TestHandle(t *testing.T) {
	create := func(t *testing.T) admission.Request {
		return request(t, admissionv1.Create, podOf("a"), nil)
	}
	for name, tc := range map[string]struct {
		checker checkerFunc
		labels  labels
		request func(*testing.T) admission.Request
		allowed bool
		says    string // in a warning, or in the denial
	}{
		"pullable":            {verdict(resolver.Pullable), labels{}, create, true, ""},
		"definite":            {verdict(resolver.ImageNotFound), labels{}, create, false, "cannot be pulled: as told"},
		"unverified":          {verdict(resolver.Timeout), labels{}, create, true, "not verified: as told"},
		"unverified, strict":  {verdict(resolver.Timeout), labels{set: map[string]string{EnforceLabel: "strict"}}, create, false, "cannot be verified"},
		"definite, warn-only": {verdict(resolver.ImageNotFound), labels{set: map[string]string{EnforceLabel: "off"}}, create, true, "cannot be pulled: as told"},
		"invalid label":       {verdict(resolver.Pullable), labels{set: map[string]string{EnforceLabel: "of"}}, create, true, `pullgate.dev/enforce="of"`},
		"a note": {func(i resolver.Image, _ resolver.Pod) resolver.Verdict {
			return resolver.Verdict{Image: i.Reference, Reason: resolver.PresentOnNode, Class: resolver.ClassPullable, Message: "as told"}
		}, labels{set: map[string]string{EnforceLabel: "strict"}}, create, true, `image "a" (spec.containers[0].image): as told`},
		"unknown reason":    {verdict("FromTheFuture"), labels{}, create, true, "not verified"},
		"namespace unknown": {verdict(resolver.ImageNotFound), labels{err: errors.New("down")}, create, true, `namespace "dev" could not be looked up`},
		"panic in the handler": {func(resolver.Image, resolver.Pod) resolver.Verdict { return resolver.Verdict{} },
			labels{}, func(t *testing.T) admission.Request { r := create(t); r.Namespace = panicNamespace; return r }, true, "failed internally"},
		"panic in a check": {func(resolver.Image, resolver.Pod) resolver.Verdict { panic("as told") }, labels{}, create, true, "failed internally"},
		"update of a label": {verdict(resolver.ImageNotFound), labels{}, func(t *testing.T) admission.Request {
			pod := podOf("a")
			pod.Labels = map[string]string{"new": "label"}
			return request(t, admissionv1.Update, pod, podOf("a"))
		}, true, ""},
		"update of an image": {verdict(resolver.ImageNotFound), labels{}, func(t *testing.T) admission.Request {
			return request(t, admissionv1.Update, podOf("b"), podOf("a"))
		}, false, `image "b"`},
		"delete": {verdict(resolver.ImageNotFound), labels{}, func(t *testing.T) admission.Request {
			return request(t, admissionv1.Delete, nil, podOf("a"))
		}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			v, _ := newValidator(t, tc.checker, tc.labels)
			v.Namespaces = panicking{v.Namespaces}
			r := v.Handle(t.Context(), tc.request(t))
			said := strings.Join(r.Warnings, "\n")
			if r.Result != nil {
				said += r.Result.Message
			}
			if r.Allowed != tc.allowed {
				t.Errorf("allowed %t (%q), want %t", r.Allowed, said, tc.allowed)
			}
			if !strings.Contains(said, tc.says) || (tc.says == "" && said != "") {
				t.Errorf("says %q, want %q", said, tc.says)
			}
		})
	}
}

const panicNamespace = "panic"

// panicking panics where it is asked to.
type panicking struct{ LabelGetter }

func (p panicking) Labels(ctx context.Context, namespace string) (map[string]string, error) {
	if namespace == panicNamespace {
		panic("as told")
	}
	return p.LabelGetter.Labels(ctx, namespace)
}

// What cannot be decoded cannot be judged.
func TestUndecodable(t *testing.T) {
	for name, change := range map[string]func(*admission.Request){
		"no object":     func(r *admission.Request) { r.Object.Raw = nil },
		"broken object": func(r *admission.Request) { r.Object.Raw = []byte(`{"spec":[]}`) },
		"broken old":    func(r *admission.Request) { r.OldObject.Raw = []byte(`nonsense`) },
	} {
		t.Run(name, func(t *testing.T) {
			v, _ := newValidator(t, verdict(resolver.ImageNotFound), labels{})
			req := request(t, admissionv1.Create, podOf("a"), nil)
			change(&req)
			r := v.Handle(t.Context(), req)
			if !r.Allowed || len(r.Warnings) != 1 || r.AuditAnnotations["error"] == "" {
				t.Errorf("%+v, want it let through with a warning", r)
			}
		})
	}
}

// With everything switched off nothing is fetched.
func TestAllOff(t *testing.T) {
	off := map[string]string{EnforceLabel: "off", WarnLabel: "off", AuditLabel: "off"}
	checked := false
	v, s := newValidator(t, checkerFunc(func(resolver.Image, resolver.Pod) resolver.Verdict {
		checked = true
		return resolver.Verdict{}
	}), labels{set: off})
	r := v.Handle(t.Context(), request(t, admissionv1.Create, podOf("a"), nil))
	if !r.Allowed || checked || len(s.reads) != 0 {
		t.Errorf("allowed %t, checked %t, %d Secret reads", r.Allowed, checked, len(s.reads))
	}
}

// A denial never rests on a Secret that was not just read.
func TestSecretsReadAnewBeforeDenial(t *testing.T) {
	for name, tc := range map[string]struct {
		reason resolver.Reason
		cached bool
		want   int
	}{
		"pullable, cached":     {resolver.Pullable, true, 1},
		"denied, just read":    {resolver.Unauthorized, false, 1},
		"denied, from a cache": {resolver.Unauthorized, true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			v, s := newValidator(t, verdict(tc.reason), labels{})
			s.cached = tc.cached
			v.Handle(t.Context(), request(t, admissionv1.Create, podOf("a"), nil))
			if len(s.reads) != tc.want || (tc.want == 2 && !s.reads[1]) {
				t.Errorf("reads (anew) %v, want %d", s.reads, tc.want)
			}
		})
	}
}

func TestBadRequests(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*admission.Request)
		says   string
	}{
		"no request": {func(r *admission.Request) { *r = admission.Request{} }, "no request"},
		"another kind": {func(r *admission.Request) {
			r.Kind = metav1.GroupVersionKind{Group: "apps", Version: "v1", Kind: "ControllerRevision"}
		}, "not ControllerRevision of group \"apps\""},
	} {
		t.Run(name, func(t *testing.T) {
			v, _ := newValidator(t, verdict(resolver.Pullable), labels{})
			req := request(t, admissionv1.Create, podOf("a"), nil)
			tc.change(&req)
			r := v.Handle(t.Context(), req)
			if r.Allowed || r.Result == nil || r.Result.Code != http.StatusBadRequest || !strings.Contains(r.Result.Message, tc.says) {
				t.Errorf("%+v, want a 400 that says %q", r.Result, tc.says)
			}
		})
	}
}
