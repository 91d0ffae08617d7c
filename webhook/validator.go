package webhook

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/pullgate/pullgate/webhook/workload"
)

// LabelGetter looks up the labels of a namespace.
type LabelGetter interface {
	Labels(ctx context.Context, namespace string) (map[string]string, error)
}

// Validator is the admission handler for Pods, and for the workload objects that
// Pods are made from.
type Validator struct {
	Config     Config
	Namespaces LabelGetter
	Examiner   Examiner
	// Observer is nil if nobody observes.
	Observer Observer
}

// Handle answers one admission request. It lets through whatever it cannot
// judge: a defect here must not stop a cluster's Pods.
func (v *Validator) Handle(ctx context.Context, req admission.Request) admission.Response {
	start := time.Now()
	a := v.answer(ctx, req)
	describe(ctx, req, a.outcome)
	if v.Observer != nil {
		var budget time.Duration
		if deadline, ok := ctx.Deadline(); ok {
			budget = deadline.Sub(start)
		}
		v.Observer.Handled(a.outcome, time.Since(start), budget)
	}
	return a.Response
}

func (v *Validator) answer(ctx context.Context, req admission.Request) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			log.FromContext(ctx).Error(fmt.Errorf("%v", p), "panic in the admission handler", "stack", string(debug.Stack()))
			a = failedOpen("pullgate failed internally, see its log")
		}
	}()
	if err := checkRequest(req); err != nil {
		return badRequest(err)
	}
	if !bringsImages(req.AdmissionRequest) {
		return skipped()
	}
	if by := v.Config.Exemptions.request(req.Namespace, req.UserInfo); by != "" {
		return exempt(by)
	}
	// Where everything is off, nothing is decoded. That the namespace cannot be
	// looked up matters only to an object that brings images.
	labels, unknown := v.Namespaces.Labels(ctx, req.Namespace)
	levels, problems := levelsOf(req.Namespace, labels, v.Config.Defaults)
	if unknown == nil && levels.allOff() {
		return skipped()
	}
	obj, old, err := decode(req)
	if err != nil {
		log.FromContext(ctx).Error(err, "decode the request's objects")
		return failedOpen(fmt.Sprintf("pullgate could not decode the %s", req.Kind.Kind))
	}
	s, by := v.subject(req.Namespace, obj, old)
	switch {
	case by != "":
		return exempt(by)
	case len(s.Images) == 0:
		return skipped()
	case unknown != nil:
		log.FromContext(ctx).Error(unknown, "look up the namespace")
		return failedOpen(fmt.Sprintf("namespace %q could not be looked up", req.Namespace))
	}
	if s.Spec.Template {
		if levels = levels.advisory(); levels.allOff() {
			return skipped()
		}
	}
	findings, d := v.judge(ctx, s, levels)
	v.tell(findings, d)
	a = respond(levels, d, problems)
	logAnswer(ctx, a.outcome, findings)
	return a
}

// subject is what there is to look at in an object, and on an update the object
// that was; or what exempts it.
func (v *Validator) subject(namespace string, obj workload.Workload, old *workload.Workload) (s Subject, exemptBy string) {
	if obj.Quiet {
		return s, ""
	}
	s = Subject{Namespace: namespace, Spec: obj.Spec}
	if by := v.Config.Exemptions.podSpec(s.Spec); by != "" {
		return s, by
	}
	s.Images = v.Config.worthChecking(obj.Introduced(old), s.Spec.Template)
	return s, ""
}

// judge checks the images and decides. Before it says that an image cannot be
// pulled it reads once more what came out of a cache: the user may just have
// mended it.
func (v *Validator) judge(ctx context.Context, s Subject, levels Levels) ([]Finding, decision) {
	for anew := false; ; anew = true {
		findings, cached := v.Examiner.Examine(ctx, s, anew)
		d := decide(levels, findings)
		if anew || !cached || !d.needsFresh() {
			return findings, d
		}
	}
}

// tell says what was done about each image, the most that was.
func (v *Validator) tell(findings []Finding, d decision) {
	if v.Observer == nil {
		return
	}
	for _, f := range findings {
		v.Observer.Decided(f.Verdict, d.about(f))
	}
}

// checkRequest finds requests that no API server sends unless it was told to by
// mistake.
func checkRequest(req admission.Request) error {
	if req.UID == "" {
		return errors.New("the AdmissionReview has no request, or a request without uid")
	}
	if !workload.Has(kindOf(req)) {
		return fmt.Errorf("pullgate validates Pods and what makes them, not %s of group %q: correct the rules of the ValidatingWebhookConfiguration", req.Kind.Kind, req.Kind.Group)
	}
	return nil
}

func kindOf(req admission.Request) schema.GroupKind {
	return schema.GroupKind{Group: req.Kind.Group, Kind: req.Kind.Kind}
}

// decode reads the object, and on an update the object that was.
func decode(req admission.Request) (obj workload.Workload, old *workload.Workload, err error) {
	if obj, err = workload.Decode(kindOf(req), req.Object.Raw); err != nil || len(req.OldObject.Raw) == 0 {
		return obj, nil, err
	}
	was, err := workload.Decode(kindOf(req), req.OldObject.Raw)
	if err != nil {
		return obj, nil, fmt.Errorf("what it was before: %w", err)
	}
	return obj, &was, nil
}
