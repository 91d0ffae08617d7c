package webhook

import (
	"time"

	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/pullgate/pullgate/resolver"
)

// Outcome is what was done about an image, or about a request.
type Outcome string

// The outcomes. An image has one of the first four.
const (
	// Denied: the request was rejected.
	Denied Outcome = "denied"
	// Warned: it was let through with a warning.
	Warned Outcome = "warned"
	// Audited: it was let through, and only the audit log says what was found.
	Audited Outcome = "audited"
	// Allowed: it was checked, and there was nothing to say.
	Allowed Outcome = "allowed"
	// Skipped: there was nothing to check.
	Skipped Outcome = "skipped"
	// Exempt: the configuration exempts it.
	Exempt Outcome = "exempt"
	// FailedOpen: it was let through because it could not be judged.
	FailedOpen Outcome = "failed_open"
	// Refused: it was no request that the webhook understands.
	Refused Outcome = "refused"
)

// Outcomes lists all outcomes.
func Outcomes() []Outcome {
	return []Outcome{Denied, Warned, Audited, Allowed, Skipped, Exempt, FailedOpen, Refused}
}

// Observer hears of what a Validator does, to count it. Its methods must be safe
// for concurrent use, and quick.
type Observer interface {
	// Decided is called for each image that was checked.
	Decided(resolver.Verdict, Outcome)
	// Handled is called for each request, with the time that its answer took and
	// the time that there was for it, zero if that was not said.
	Handled(outcome Outcome, took, budget time.Duration)
}

// answer is a response, and what it is.
type answer struct {
	admission.Response
	outcome Outcome
}

// outcome is the most that is done about a request.
func (d decision) outcome(warnings []string) Outcome {
	switch {
	case len(d.denied) > 0:
		return Denied
	case len(warnings) > 0:
		return Warned
	case len(d.audited) > 0:
		return Audited
	default:
		return Allowed
	}
}
