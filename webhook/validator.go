package webhook

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/words"
)

// LabelGetter looks up the labels of a namespace.
type LabelGetter interface {
	Labels(ctx context.Context, namespace string) (map[string]string, error)
}

// SecretReader reads pull Secrets; see Secrets.Read.
type SecretReader interface {
	Read(ctx context.Context, namespace string, refs []corev1.LocalObjectReference, anew bool) (named []resolver.NamedSecret, cached bool)
}

// Validator is the admission handler for Pods.
type Validator struct {
	Config     Config
	Checker    Checker
	Namespaces LabelGetter
	Secrets    SecretReader
	Nodes      NodeLister
	Decoder    admission.Decoder
}

// NewDecoder decodes the objects that a Validator is asked about.
func NewDecoder() (admission.Decoder, error) {
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("register core/v1: %w", err)
	}
	return admission.NewDecoder(scheme), nil
}

// Handle answers one admission request. It lets through whatever it cannot
// judge: a defect here must not stop a cluster's Pods.
func (v *Validator) Handle(ctx context.Context, req admission.Request) (resp admission.Response) {
	defer func() {
		if p := recover(); p != nil {
			log.FromContext(ctx).Error(fmt.Errorf("%v", p), "panic in the admission handler", "stack", string(debug.Stack()))
			resp = failedOpen("pullgate failed internally, see its log")
		}
	}()
	if err := checkRequest(req); err != nil {
		return badRequest(err)
	}
	if !bringsImages(req.AdmissionRequest) {
		return skipped()
	}
	pod, old, err := v.decode(req)
	if err != nil {
		log.FromContext(ctx).Error(err, "decode the request's objects")
		return failedOpen("pullgate could not decode the Pod")
	}
	images := introducedImages(pod, old)
	if len(images) == 0 {
		return skipped()
	}
	labels, err := v.Namespaces.Labels(ctx, req.Namespace)
	if err != nil {
		log.FromContext(ctx).Error(err, "look up the namespace")
		return failedOpen(fmt.Sprintf("namespace %q could not be looked up", req.Namespace))
	}
	levels, problems := levelsOf(req.Namespace, labels, v.Config.Defaults)
	if levels.allOff() {
		return skipped()
	}
	d := v.judge(ctx, req.Namespace, pod, levels, images)
	logDecision(ctx, d)
	return respond(levels, d, problems)
}

// judge checks the images and decides. Before a denial it reads Secrets that
// came out of the cache once more: the user may just have mended one.
func (v *Validator) judge(ctx context.Context, namespace string, pod *corev1.Pod, levels Levels, images []podImage) decision {
	nodes := newPlacement(ctx, v.Nodes, pod)
	for anew := false; ; anew = true {
		named, cached := v.Secrets.Read(ctx, namespace, pod.Spec.ImagePullSecrets, anew)
		d := decide(levels, check(ctx, v.Checker, images, resolver.Pod{
			Credentials: resolver.NewCredentials(namespace, named),
			Nodes:       nodes,
		}))
		if len(d.denied) == 0 || !cached {
			return d
		}
	}
}

// checkRequest finds requests that no API server sends unless it was told to by
// mistake.
func checkRequest(req admission.Request) error {
	if req.UID == "" {
		return errors.New("the AdmissionReview has no request, or a request without uid")
	}
	if k := req.Kind; k.Group != "" || k.Kind != "Pod" {
		return fmt.Errorf("pullgate validates Pods, not %s of group %q: correct the rules of the ValidatingWebhookConfiguration", k.Kind, k.Group)
	}
	return nil
}

// decode reads the Pod, and on an update the Pod that was.
func (v *Validator) decode(req admission.Request) (pod, old *corev1.Pod, err error) {
	pod = &corev1.Pod{}
	if err := v.Decoder.DecodeRaw(req.Object, pod); err != nil {
		return nil, nil, fmt.Errorf("decode the Pod: %w", err)
	}
	if len(req.OldObject.Raw) == 0 {
		return pod, nil, nil
	}
	old = &corev1.Pod{}
	if err := v.Decoder.DecodeRaw(req.OldObject, old); err != nil {
		return nil, nil, fmt.Errorf("decode the old Pod: %w", err)
	}
	return pod, old, nil
}

// logDecision writes one line per image that is denied or not verified, with
// the detail that its user is not told.
func logDecision(ctx context.Context, d decision) {
	logger := log.FromContext(ctx)
	for _, f := range d.noted() {
		logger.Info("image not pullable", "denied", len(d.denied) > 0, "image", words.Cut(f.Image, maxDeniedImage),
			"reason", f.Reason, "message", f.Message, "detail", f.Detail)
	}
}
