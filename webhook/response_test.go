package webhook

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/resolver"
)

func found(image string, reason resolver.Reason, message string, fields ...string) Finding {
	return Finding{Verdict: resolver.Verdict{Image: image, Reason: reason, Class: reason.Class(), Message: message}, Fields: fields}
}

var (
	goodFinding    = found("r.io/good:1", resolver.Pullable, "", "spec.containers[0].image")
	missingFinding = found("r.io/app:v1.2.4", resolver.ImageNotFound, `tag "v1.2.4" does not exist`, "spec.containers[1].image")
	downFinding    = found("r.io/side:2", resolver.Unreachable, "registry r.io cannot be reached", "spec.containers[2].image", "spec.containers[3].image")
)

// reasons tells which images are in a list, for comparing.
func imagesOf(findings []Finding) (images []string) {
	for _, f := range findings {
		images = append(images, f.Image)
	}
	return images
}

func TestDecide(t *testing.T) {
	all := []Finding{goodFinding, downFinding, missingFinding}
	missing, down := missingFinding.Image, downFinding.Image
	for name, tc := range map[string]struct {
		levels                  Levels
		denied, warned, audited []string
	}{
		"the defaults":        {Levels{Definite, Strict, Strict}, []string{missing}, []string{down}, []string{missing, down}},
		"warn-only":           {Levels{Off, Strict, Strict}, nil, []string{missing, down}, []string{missing, down}},
		"strict, worst first": {Levels{Strict, Strict, Strict}, []string{missing, down}, nil, []string{missing, down}},
		"enforce alone":       {Levels{Definite, Off, Off}, []string{missing}, nil, nil},
		"audit alone":         {Levels{Off, Off, Definite}, nil, nil, []string{missing}},
		"warn definite":       {Levels{Off, Definite, Off}, nil, []string{missing}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := decide(tc.levels, all)
			if got := d.about(goodFinding); got != Allowed {
				t.Errorf("the good image is %s", got)
			}
			if got := d.about(missingFinding); (got == Denied) != (len(tc.denied) > 0) {
				t.Errorf("the missing image is %s", got)
			}
			for what, pair := range map[string][2][]string{
				"denied": {tc.denied, imagesOf(d.denied)}, "warned": {tc.warned, imagesOf(d.warned)}, "audited": {tc.audited, imagesOf(d.audited)},
			} {
				if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
			}
		})
	}
}

func TestDenied(t *testing.T) {
	levels := Levels{Strict, Strict, Strict}
	r := respond(levels, decide(levels, []Finding{missingFinding, downFinding}), nil)
	if r.Allowed {
		t.Fatal("allowed")
	}
	const first = `image "r.io/app:v1.2.4" (spec.containers[1].image) cannot be pulled: tag "v1.2.4" does not exist`
	const second = `image "r.io/side:2" (spec.containers[2].image, spec.containers[3].image) cannot be verified, as this namespace requires: registry r.io cannot be reached`
	want := &metav1.Status{
		Status: "Failure", Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden,
		Message: first + "; " + second,
		Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{
			{Type: "ImageNotFound", Field: "spec.containers[1].image", Message: first},
			{Type: "Unreachable", Field: "spec.containers[2].image", Message: second},
			{Type: "Unreachable", Field: "spec.containers[3].image", Message: second},
		}},
	}
	if diff := cmp.Diff(want, r.Result); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(r.Warnings) != 0 {
		t.Errorf("a denial also warns: %q", r.Warnings)
	}
	wantAnnotations := map[string]string{
		"levels":   "enforce=strict warn=strict audit=strict",
		"decision": "denied",
		"violations": `ImageNotFound: image "r.io/app:v1.2.4" (spec.containers[1].image) cannot be pulled: tag "v1.2.4" does not exist; ` +
			`Unreachable: image "r.io/side:2" (spec.containers[2].image, spec.containers[3].image) not verified: registry r.io cannot be reached`,
	}
	if diff := cmp.Diff(wantAnnotations, r.AuditAnnotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
}

func TestWarned(t *testing.T) {
	levels := Levels{Off, Strict, Off}
	r := respond(levels, decide(levels, []Finding{goodFinding, missingFinding, downFinding}), []string{"label wrong"})
	want := []string{
		"label wrong",
		`image "r.io/app:v1.2.4" (spec.containers[1].image) cannot be pulled: tag "v1.2.4" does not exist`,
		`image "r.io/side:2" (spec.containers[2].image, spec.containers[3].image) not verified: registry r.io cannot be reached`,
	}
	if diff := cmp.Diff(want, r.Warnings); diff != "" || !r.Allowed {
		t.Errorf("allowed %t (-want +got):\n%s", r.Allowed, diff)
	}
	if r.AuditAnnotations["error"] != "label wrong" {
		t.Errorf("annotations %q", r.AuditAnnotations)
	}
}

// The cause and what to do about it are at the end of a sentence, behind the fields:
// they are what a warning must not lose.
func TestWarningKeepsTheCause(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a1", 32)
	ecr := "123456789012.dkr.ecr.eu-central-1.amazonaws.com/platform/web-frontend"
	for name, tc := range map[string]struct{ image, message string }{
		"digest":      {"registry.example.com/acme/app@" + digest, "its digest does not exist in the repository; push it, or correct the digest"},
		"long name":   {ecr + ":v1.2.4", `tag "v1.2.4" does not exist; did you mean "v1.2.3"?`},
		"long tag":    {"r.io/app:" + strings.Repeat("v", 4096), "not a valid image reference: a tag has at most 128 characters"},
		"credentials": {ecr + "@" + digest, `it needs credentials, or does not exist: neither the Pod nor its ServiceAccount "default" names imagePullSecrets`},
	} {
		for _, field := range []string{
			"spec.containers[0].image", "spec.template.spec.initContainers[10].image", "spec.jobTemplate.spec.template.spec.containers[10].image",
		} {
			for _, count := range []int{1, 3, 9} {
				f := found(tc.image, resolver.ImageNotFound, tc.message, slices.Repeat([]string{field}, count)...)
				w := briefWarning(f)
				if len(w) > maxWarning || !strings.HasSuffix(w, tc.message) || !strings.Contains(w, "("+field) || !strings.HasPrefix(w, `image "`+tc.image[:8]) {
					t.Errorf("%s, %d of %s: %d bytes: %s", name, count, field, len(w), w)
				}
			}
		}
	}
}

// Whatever is in a Pod, the response stays small and printable.
func TestHostileSizes(t *testing.T) {
	var many []Finding
	for i := range 500 {
		fields := make([]string, 10)
		for n := range fields {
			fields[n] = fmt.Sprintf("spec.containers[%d].image", 10*i+n)
		}
		many = append(many, found(strings.Repeat("é\n\x1b[31m\x00", 1000), resolver.InvalidImageName, "not valid\r\n"+strings.Repeat("x", 5000), fields...))
	}
	for _, levels := range []Levels{{Strict, Strict, Strict}, {Off, Strict, Strict}} {
		r := respond(levels, decide(levels, many), nil)
		texts := append([]string{}, r.Warnings...)
		for _, v := range r.AuditAnnotations {
			texts = append(texts, v)
		}
		total := 0
		for _, w := range r.Warnings {
			total += len(w)
			if len(w) > maxWarning {
				t.Errorf("a warning has %d bytes", len(w))
			}
		}
		if total > 4096 {
			t.Errorf("the warnings have %d bytes together", total)
		}
		if r.Result != nil {
			texts = append(texts, r.Result.Message)
			if n := len(r.Result.Message); n > maxDenial+100 {
				t.Errorf("the denial has %d bytes", n)
			}
			if n := len(r.Result.Details.Causes); n > maxCauses {
				t.Errorf("%d causes", n)
			}
			if !strings.Contains(r.Result.Message, "more images") {
				t.Errorf("the denial does not count the rest: %q", r.Result.Message)
			}
		}
		for _, text := range texts {
			if strings.ContainsFunc(text, unicode.IsControl) {
				t.Errorf("a control character in %q", text)
			}
		}
	}
}
