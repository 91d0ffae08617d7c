package resolver

import (
	"context"
	"fmt"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/content"
)

// suit holds an image that was found against what the nodes that the Pod can land
// on would read of it. It reads what is not known.
func (r *Resolver) suit(ctx context.Context, f found, pod Pod) Verdict {
	if f.outcome.index == nil {
		return r.suitPlain(ctx, f)
	}
	list := r.reports(pod, func(node content.Node) (content.Report, bool) {
		known, ok := f.outcome.index.Known(node.Key)
		if ok && r.holds(known) && (known.Deep || r.mode(f) != content.Wait) {
			return known, true
		}
		return r.readIndex(ctx, f, node, r.mode(f) == content.Wait || ok && known.Deep), true
	})
	v := r.judgeReports(f, list)
	if v.Reason == Pullable {
		r.readNodesLater(ctx, f, pod)
	}
	return v
}

// suitKnown is the same for what is known, without a wait. It knows nothing of an
// image that is still to be read.
func (r *Resolver) suitKnown(f found, pod Pod) (Verdict, bool) {
	if f.outcome.index == nil {
		return f.verdict(), r.sound.Has(f.image()) || r.readEnough(f, f.image()) && !r.isFaulty(f.image())
	}
	complete := true
	list := r.reports(pod, func(node content.Node) (content.Report, bool) {
		known, ok := f.outcome.index.Known(node.Key)
		complete = complete && ok && r.holds(known) && (known.Deep || r.readEnough(f, f.onNode(node)))
		return known, ok
	})
	if !complete {
		return Verdict{}, false
	}
	return r.judgeReports(f, list), true
}

// mode is that of an image. What stands in for an answer is not read.
func (r *Resolver) mode(f found) content.Mode {
	if f.outcome.instead != nil {
		return content.Off
	}
	return r.config.Registries.Content.Of(f.ref.Name())
}

// readEnough reports whether an image of which not all was read need not be read
// now: it is not to be, or it could not be a moment ago.
func (r *Resolver) readEnough(f found, image string) bool {
	switch r.mode(f) {
	case content.Off:
		return true
	case content.Wait:
		return false
	default:
		return r.isTried(image)
	}
}

// holds reports whether a Report may still be used: what was wrong may have been
// mended since.
func (r *Resolver) holds(report content.Report) bool {
	return report.Default.Fault == nil && report.Local.Fault == nil || time.Since(report.At) <= r.config.Cache.NotFound.Duration
}

// suitPlain is suit for an image that is no index. Which node it is for makes no
// difference to a pull (C77).
func (r *Resolver) suitPlain(ctx context.Context, f found) Verdict {
	image := f.image()
	if r.sound.Has(image) {
		return f.verdict()
	}
	mode := r.mode(f)
	if mode == content.Off {
		return f.verdict()
	}
	known, faulty := r.faults.Get(image)
	switch {
	case faulty && r.holds(known):
		return r.judgeReports(f, []nodeReport{{variants: []content.Report{known}}})
	case faulty, mode == content.Wait:
		return r.judgeReports(f, []nodeReport{{variants: []content.Report{r.readImage(ctx, f)}}})
	case !r.isTried(image):
		r.readLater(ctx, image, func(ctx context.Context) { r.readImage(ctx, f) })
	}
	return f.verdict()
}

// readNodesLater reads in the background what a node reads besides the index.
func (r *Resolver) readNodesLater(ctx context.Context, f found, pod Pod) {
	for _, platform := range pod.platforms() {
		for _, node := range r.nodesOf(platform) {
			known, ok := f.outcome.index.Known(node.Key)
			if !ok || known.Deep || !known.Sound() {
				continue
			}
			if image := f.onNode(node); r.mode(f) == content.Background && !r.isTried(image) {
				r.readLater(ctx, image, func(ctx context.Context) { r.readIndex(ctx, f, node, true) })
			}
		}
	}
}

// verdict is that on an image of which nothing else is known.
func (f found) verdict() Verdict {
	return Verdict{Reason: Pullable, Digest: f.outcome.digest, Message: f.outcome.says, Detail: f.outcome.detail}
}

// onNode is under what it is known that an image was read for a node.
func (f found) onNode(n content.Node) string {
	return f.image() + "\x00" + n.Key.OS + "\x00" + n.Key.Architecture + "\x00" + n.Key.OSVersion + "\x00" + n.Key.Variant
}

func (r *Resolver) isTried(image string) bool {
	_, ok := r.tried.Get(image)
	return ok
}

func (r *Resolver) isFaulty(image string) bool {
	_, ok := r.faults.Get(image)
	return ok
}

// nodeReport is what came of an image on nodes of one platform: of each variant
// that they may be of.
type nodeReport struct {
	platform ocispec.Platform
	variants []content.Report
	keys     []content.Key // of the variants
}

func (r *Resolver) reports(pod Pod, report func(content.Node) (content.Report, bool)) (list []nodeReport) {
	for _, platform := range pod.platforms() {
		n := nodeReport{platform: platform}
		for _, node := range r.nodesOf(platform) {
			if one, ok := report(node); ok {
				n.variants, n.keys = append(n.variants, one), append(n.keys, node.Key)
			}
		}
		list = append(list, n)
	}
	return list
}

// judgeReports makes one verdict of what the image is to each kind of node.
func (r *Resolver) judgeReports(f found, list []nodeReport) Verdict {
	v := f.verdict()
	var (
		fine    bool
		unlike  []ocispec.Platform // nothing in it is for these nodes, or not for all of them
		faults  []*content.Fault
		partial *content.Fault
	)
	for _, n := range list {
		s := n.sum()
		switch {
		case s.unread != nil:
			o := r.unreadOutcome(f, s.unread.Err)
			return Verdict{Reason: o.reason, Message: o.says, Detail: o.detail}
		case s.fault != nil && !s.fine:
			faults = append(faults, s.fault)
		case s.fault != nil:
			partial, fine = s.fault, true
		case len(s.unlike) > 0:
			unlike, fine = append(unlike, s.unlike...), fine || s.fine
		default:
			fine = true
		}
	}
	if !fine && len(list) > 0 {
		return r.refuse(f, list, faults)
	}
	if len(unlike) > 0 {
		v.Message = also(v.Message, fmt.Sprintf("not every node that the Pod can land on can pull it, not %s: %s", platformWords(unlike), f.platformsWords(list)))
	}
	for _, fault := range faults {
		v.Message = also(v.Message, "not every node that the Pod can land on can pull it: "+r.faultWords(f, fault))
	}
	if partial != nil {
		v.Message = also(v.Message, "not every node can pull it, by how its containerd is set up: "+r.faultWords(f, partial))
	}
	return v
}

// refuse is the verdict where no node can pull it.
func (r *Resolver) refuse(f found, list []nodeReport, faults []*content.Fault) Verdict {
	if d := f.outcome.doubt; d != nil {
		return Verdict{Reason: d.reason, Message: d.says, Detail: d.detail}
	}
	v := f.verdict()
	v.Digest = ""
	for _, fault := range faults {
		v.Reason, v.Message, v.Detail = ImageIncomplete, r.faultWords(f, fault), r.scrub(redact(fault.Err), f.ref, r.login(f.credential))
		if fault.Part == content.LayerPart {
			v.Reason = LayerUnavailable
			return v
		}
	}
	if len(faults) > 0 {
		return v
	}
	nodes := make([]ocispec.Platform, len(list))
	for i, n := range list {
		nodes[i] = n.platform
	}
	v.Reason = PlatformMismatch
	v.Message = fmt.Sprintf("no manifest for the platform of the nodes, %s: %s; push one for it too, or choose other nodes", platformWords(nodes), f.platformsWords(list))
	return v
}

// summary is what an image is to the nodes of one platform.
type summary struct {
	fine   bool               // some of them can pull it
	unlike []ocispec.Platform // these of them find nothing for their platform, or not with every setting
	fault  *content.Fault     // some of them fail, for good
	unread *content.Fault     // nobody knows of some
}

func (n nodeReport) sum() (s summary) {
	for i, report := range n.variants {
		if report.Default.NoMatch || report.Local.NoMatch {
			s.unlike = append(s.unlike, n.keys[i].Platform())
		}
		for _, o := range []content.Outcome{report.Default, report.Local} {
			switch {
			case o.Sound():
				s.fine = true
			case o.NoMatch:
			case !o.Fault.Definite:
				s.unread = o.Fault
			case s.fault == nil || s.fault.Part != content.LayerPart:
				s.fault = o.Fault
			}
		}
	}
	if len(s.unlike) == len(n.variants) && !s.fine && len(n.variants) > 0 {
		s.unlike = []ocispec.Platform{n.platform}
	}
	return s
}
