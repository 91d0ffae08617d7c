package webhook

import (
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/pullgate/pullgate/resolver/words"
)

// Audit annotation keys; the API server puts the webhook's name before them.
const (
	annotationLevels     = "levels"
	annotationDecision   = "decision"
	annotationViolations = "violations"
	annotationError      = "error"
	annotationExempt     = "exempt"
)

// skipped lets a request through that there is nothing to say about.
func skipped() answer { return allowed(Skipped) }

func allowed(outcome Outcome) answer {
	return answer{admission.Response{AdmissionResponse: admissionv1.AdmissionResponse{Allowed: true}}, outcome}
}

// exempt lets a request through that the configuration exempts, by what it says.
func exempt(by string) answer {
	r := allowed(Exempt)
	r.AuditAnnotations = map[string]string{annotationExempt: by}
	return r
}

// failedOpen lets a request through that could not be judged.
func failedOpen(problem string) answer {
	r := allowed(FailedOpen)
	r.Warnings = []string{words.Cut("images not verified: "+problem, maxWarning)}
	r.AuditAnnotations = map[string]string{annotationError: problem}
	return r
}

// badRequest refuses what is no request that this webhook understands.
func badRequest(err error) answer {
	return answer{admission.Errored(http.StatusBadRequest, err), Refused}
}

// respond turns a decision into a response.
func respond(levels Levels, d decision, problems []string) answer {
	lines := warnings(d.warned, problems)
	r := allowed(d.outcome(lines))
	r.AuditAnnotations = annotations(levels, d, problems)
	r.Warnings = lines
	if len(d.denied) > 0 {
		r.Allowed = false
		r.Result = denialStatus(d.denied)
	}
	return r
}

// denialStatus carries the whole message and a cause per field. Its reason is
// Forbidden because kubectl does not show the message of an Invalid.
func denialStatus(denied []Finding) *metav1.Status {
	var (
		sentences []string
		causes    []metav1.StatusCause
	)
	for _, f := range denied {
		s := denial(f)
		sentences = append(sentences, s)
		for _, field := range f.Fields {
			causes = append(causes, metav1.StatusCause{Type: metav1.CauseType(f.Reason), Field: field, Message: words.Cut(s, maxDenial)})
		}
	}
	return &metav1.Status{
		Status:  metav1.StatusFailure,
		Code:    http.StatusForbidden,
		Reason:  metav1.StatusReasonForbidden,
		Message: join(sentences, maxDenial),
		Details: &metav1.StatusDetails{Causes: causes[:min(len(causes), maxCauses)]},
	}
}

// maxCauses keeps a response small, however many containers a Pod has.
const maxCauses = 32

// warnings words what is let through, a line each, within what the API server
// passes on.
func warnings(warned []Finding, problems []string) []string {
	var (
		lines []string
		total int
	)
	for _, p := range problems {
		lines = append(lines, words.Cut(words.Printable(p), maxWarning))
	}
	for n, f := range warned {
		line := briefWarning(f)
		if total += len(line); total > maxWarnings {
			return append(lines, fmt.Sprintf("and %d more images", len(warned)-n))
		}
		lines = append(lines, line)
	}
	return lines
}

func annotations(levels Levels, d decision, problems []string) map[string]string {
	a := map[string]string{annotationLevels: levels.String(), annotationDecision: "allowed"}
	if len(d.denied) > 0 {
		a[annotationDecision] = "denied"
	}
	if len(d.audited) > 0 {
		var lines []string
		for _, f := range d.audited {
			lines = append(lines, string(f.Reason)+": "+warning(f))
		}
		a[annotationViolations] = join(lines, maxAnnotation)
	}
	if len(problems) > 0 {
		a[annotationError] = join(problems, maxAnnotation)
	}
	return a
}
